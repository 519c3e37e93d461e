import { Codec, CodecContext, Frame, Log, Packet } from "node-av/lib";
import { Scaler } from "node-av/api";
import { AV_CODEC_ID_AAC, AV_CODEC_ID_H264, AV_LOG_QUIET, AV_SAMPLE_FMT_FLTP } from "node-av/constants";

// A process of its own: on stdin H.264 key frames (Annex B) and sound (AAC in ADTS), each after its length (32 bits) and its
// kind (0 a picture, 1 sound). For each an answer on stdout after its length: a picture as width and height (32 bits each)
// and RGB, sound as the loudness of its loudest frame (32-bit float, 1 is the loudest there is), of no length for what is
// none. FFmpeg meets bytes that a stranger's browser made, so a crash, a hang or worse ends here. `160x90` as an argument: no
// picture is larger than that.

type Size = { width: number; height: number };

Log.setLevel(AV_LOG_QUIET);
const [width, height] = (process.argv[2] ?? "").split("x").map(Number);
const within = width && height ? { width, height } : undefined;
const pictures = Codec.findDecoder(AV_CODEC_ID_H264);
const sounds = Codec.findDecoder(AV_CODEC_ID_AAC);
if (!pictures || !sounds) throw new Error("no decoder for H.264 or AAC");
using scaler = new Scaler();

let kept = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  kept = Buffer.concat([kept, chunk as Buffer]);
  for (;;) {
    const length = kept.length >= 5 ? kept.readUInt32BE(0) : Infinity;
    if (kept.length < 5 + length) break;
    const bytes = kept.subarray(5, 5 + length);
    const answer = await (kept[4] === 1 ? loudnessOf(bytes) : pictureOf(bytes)).catch(() => undefined);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(answer?.length ?? 0, 0);
    process.stdout.write(answer ? Buffer.concat([head, answer]) : head);
    kept = kept.subarray(5 + length);
  }
}

async function pictureOf(keyFrame: Buffer): Promise<Buffer> {
  using context = new CodecContext();
  context.allocContext3(pictures!);
  // Frame threads would hold the only picture back.
  context.threadCount = 1;
  succeeded(await context.open2(pictures, null));
  using packet = new Packet();
  packet.alloc();
  packet.data = keyFrame;
  succeeded(await context.sendPacket(packet));
  succeeded(await context.sendPacket(null));
  using frame = new Frame();
  frame.alloc();
  succeeded(await context.receiveFrame(frame));
  const resize = fitted(frame);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(resize.width, 0);
  head.writeUInt32BE(resize.height, 4);
  return Buffer.concat([head, await scaler.toBuffer(frame, { format: "rgb", resize })]);
}

async function loudnessOf(sound: Buffer): Promise<Buffer> {
  using context = new CodecContext();
  context.allocContext3(sounds!);
  succeeded(await context.open2(sounds, null));
  using packet = new Packet();
  packet.alloc();
  using frame = new Frame();
  frame.alloc();
  let loudest = 0;
  let frames = 0;
  for (let at = 0; at + 7 <= sound.length;) {
    const length = ((sound[at + 3]! & 3) << 11) | (sound[at + 4]! << 3) | (sound[at + 5]! >> 5);
    if (length < 7) throw new Error("out of step");
    packet.data = sound.subarray(at, at + length);
    succeeded(context.sendPacketSync(packet));
    while (context.receiveFrameSync(frame) >= 0) {
      loudest = Math.max(loudest, rms(frame));
      frames++;
    }
    at += length;
  }
  if (frames === 0) throw new Error("no sound");
  const answer = Buffer.alloc(4);
  answer.writeFloatBE(loudest, 0);
  return answer;
}

/** The root mean square of the louder channel. */
function rms(frame: Frame): number {
  if (frame.format !== AV_SAMPLE_FMT_FLTP) throw new Error("an unknown form of samples");
  const count = frame.nbSamples;
  let most = 0;
  for (const plane of frame.data ?? []) {
    let sum = 0;
    const samples = new Float32Array(plane.buffer, plane.byteOffset, count);
    for (const sample of samples) sum += sample * sample;
    most = Math.max(most, sum / count);
  }
  return Math.sqrt(most);
}

/** As large as it may be in its own shape; never enlarged. */
function fitted({ width, height }: Size): Size {
  const scale = within ? Math.min(1, within.width / width, within.height / height) : 1;
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function succeeded(result: number): void {
  if (result < 0) throw new Error(`not decodable (${result})`);
}
