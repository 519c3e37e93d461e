import { Codec, CodecContext, Frame, Log, Packet } from "node-av/lib";
import { Scaler } from "node-av/api";
import { AV_CODEC_ID_H264, AV_LOG_QUIET } from "node-av/constants";

// A process of its own: one H.264 key frame (Annex B) on stdin, its picture on stdout as width and height (32 bits
// each) and RGB. FFmpeg meets bytes that a stranger's browser made, so a crash, a hang or worse ends here.

Log.setLevel(AV_LOG_QUIET);
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);

const codec = Codec.findDecoder(AV_CODEC_ID_H264);
if (!codec) throw new Error("no H.264 decoder");
using context = new CodecContext();
context.allocContext3(codec);
// Frame threads would hold the only picture back.
context.threadCount = 1;
succeeded(await context.open2(codec, null));

using packet = new Packet();
packet.alloc();
packet.data = Buffer.concat(chunks);
succeeded(await context.sendPacket(packet));
succeeded(await context.sendPacket(null));
using frame = new Frame();
frame.alloc();
succeeded(await context.receiveFrame(frame));

using scaler = new Scaler();
const rgb = await scaler.toBuffer(frame, { format: "rgb" });
const head = Buffer.alloc(8);
head.writeUInt32BE(frame.width, 0);
head.writeUInt32BE(frame.height, 4);
process.stdout.write(Buffer.concat([head, rgb]));

function succeeded(result: number): void {
  if (result < 0) throw new Error(`not decodable (${result})`);
}
