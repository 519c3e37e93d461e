import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Decoder, Demuxer } from "node-av/api";
import { AV_LOG_QUIET } from "node-av/constants";
import { Log } from "node-av/lib";

export type DecodedTrack = {
  /** Seconds, of every frame that came out of the decoder, in the order in which it is shown. */
  times: number[];
  /** Seconds, of every packet in the file's order. */
  decodeTimes: number[];
  presentationTimes: number[];
  seconds: number;
  width: number;
  height: number;
};

export type DecodedFile = { video: DecodedTrack[]; audio: DecodedTrack[]; seconds: number };

/**
 * Decodes a whole file with FFmpeg, which has nothing in common with our writer. Rejects on anything that it cannot
 * decode.
 */
export async function decodeWhole(bytes: Uint8Array): Promise<DecodedFile> {
  Log.setLevel(AV_LOG_QUIET);
  const folder = await mkdtemp(path.join(tmpdir(), "decoded-"));
  try {
    const file = path.join(folder, "video.mp4");
    await writeFile(file, bytes);
    await using input = await Demuxer.open(file);
    const streams = input.streams.map((stream) => ({
      stream,
      kind: stream === input.video() ? ("video" as const) : ("audio" as const),
      tick: stream.timeBase.num / stream.timeBase.den,
    }));
    const decoders = await Promise.all(
      streams.map(({ stream }) => Decoder.create(stream, { exitOnError: true })),
    );
    const tracks = streams.map(({ stream, tick }): DecodedTrack => ({
      times: [],
      decodeTimes: [],
      presentationTimes: [],
      seconds: Number(stream.duration) * tick,
      width: stream.codecpar.width,
      height: stream.codecpar.height,
    }));
    const take = async (index: number, packet: Parameters<Decoder["decodeAll"]>[0]) => {
      for (const frame of await decoders[index]!.decodeAll(packet)) {
        tracks[index]!.times.push(Number(frame.pts) * streams[index]!.tick);
        frame.free();
      }
    };
    for await (const packet of input.packets()) {
      if (!packet) continue;
      const { streamIndex: index } = packet;
      tracks[index]!.decodeTimes.push(Number(packet.dts) * streams[index]!.tick);
      tracks[index]!.presentationTimes.push(Number(packet.pts) * streams[index]!.tick);
      await take(index, packet);
      packet.free();
    }
    for (const index of streams.keys()) await take(index, null);
    for (const decoder of decoders) decoder.close();
    const of = (wanted: "video" | "audio") => tracks.filter((_, index) => streams[index]!.kind === wanted);
    return { video: of("video"), audio: of("audio"), seconds: input.duration };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
