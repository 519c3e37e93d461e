import { Codec, CodecContext, Frame, Log, Packet } from "node-av/lib";
import { Scaler } from "node-av/api";
import { AV_CODEC_ID_H264, AV_LOG_QUIET } from "node-av/constants";

// A process of its own: H.264 key frames (Annex B) on stdin, each after its length (32 bits), and for each its picture on
// stdout as width and height (32 bits each) and RGB; 0 × 0 for one that is none. FFmpeg meets bytes that a stranger's
// browser made, so a crash, a hang or worse ends here. `160x90` as an argument: no picture is larger than that.

type Size = { width: number; height: number };

Log.setLevel(AV_LOG_QUIET);
const [width, height] = (process.argv[2] ?? "").split("x").map(Number);
const within = width && height ? { width, height } : undefined;
const codec = Codec.findDecoder(AV_CODEC_ID_H264);
if (!codec) throw new Error("no H.264 decoder");
using scaler = new Scaler();

let kept = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  kept = Buffer.concat([kept, chunk as Buffer]);
  for (;;) {
    const length = kept.length >= 4 ? kept.readUInt32BE(0) : Infinity;
    if (kept.length < 4 + length) break;
    const picture = await pictureOf(kept.subarray(4, 4 + length)).catch(() => undefined);
    const head = Buffer.alloc(8);
    if (picture) {
      head.writeUInt32BE(picture.width, 0);
      head.writeUInt32BE(picture.height, 4);
    }
    process.stdout.write(picture ? Buffer.concat([head, picture.rgb]) : head);
    kept = kept.subarray(4 + length);
  }
}

async function pictureOf(keyFrame: Buffer): Promise<Size & { rgb: Buffer }> {
  using context = new CodecContext();
  context.allocContext3(codec!);
  // Frame threads would hold the only picture back.
  context.threadCount = 1;
  succeeded(await context.open2(codec, null));
  using packet = new Packet();
  packet.alloc();
  packet.data = keyFrame;
  succeeded(await context.sendPacket(packet));
  succeeded(await context.sendPacket(null));
  using frame = new Frame();
  frame.alloc();
  succeeded(await context.receiveFrame(frame));
  const resize = fitted(frame);
  return { ...resize, rgb: await scaler.toBuffer(frame, { format: "rgb", resize }) };
}

/** As large as it may be in its own shape; never enlarged. */
function fitted({ width, height }: Size): Size {
  const scale = within ? Math.min(1, within.width / width, within.height / height) : 1;
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function succeeded(result: number): void {
  if (result < 0) throw new Error(`not decodable (${result})`);
}
