import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Decoder, Demuxer, Encoder, Muxer } from "node-av/api";
import { AV_LOG_ERROR, FF_ENCODER_AAC, FF_ENCODER_LIBX264 } from "node-av/constants";
import { Log } from "node-av/lib";
import { inspectSegment } from "#app/domain/media/segment.ts";
import { CLOCK_SIZE } from "#app/domain/media/transport-stream.ts";

const PACKET = 188;

export type SyntheticSegment = {
  number: number;
  bytes: Uint8Array;
  durationMs: number;
  /** From the start of the recording. */
  startMs: number;
};

/**
 * Segments of a recording of any length: the base segments over and over, each re-stamped to go on where the one before
 * ended (times, clock references, counters). One segment is in memory at a time. The base should be gapless, of
 * segments that begin with a key frame.
 */
export function* syntheticSegments({
  base,
  durationMs,
  firstPts = 3600 * 90_000,
}: {
  base: readonly Uint8Array[];
  durationMs: number;
  /** 90 kHz ticks; a real Egress begins at 3600 s. */
  firstPts?: number;
}): Generator<SyntheticSegment> {
  const facts = base.map((bytes) => {
    const found = inspectSegment(bytes);
    if (!found.ok) throw new Error(`a base segment is ${found.reason}: ${found.detail}`);
    return found;
  });
  const counters = new Map<number, number>();
  let ticks = 0;
  for (let number = 0; ticks < durationMs * 90; number++) {
    const index = number % base.length;
    const { firstPts: from, durationTicks } = facts[index]!;
    // Not `slice`, which shares its memory where the base is a Buffer.
    const bytes = new Uint8Array(base[index]!);
    shiftClock(bytes, firstPts + ticks - from, counters);
    yield { number, bytes, durationMs: durationTicks / 90, startMs: ticks / 90 };
    ticks += durationTicks;
  }
}

/**
 * Moves all times of a segment by `ticks`, in place, round the 33-bit clock where need be. With `counters` its packets
 * also go on counting where the last segment that was given the same map stopped.
 */
export function shiftClock(bytes: Uint8Array, ticks: number, counters?: Map<number, number>): void {
  for (let at = 0; at + PACKET <= bytes.length; at += PACKET) {
    const pid = ((bytes[at + 1]! & 0x1f) << 8) | bytes[at + 2]!;
    const control = (bytes[at + 3]! >> 4) & 3;
    if (counters && control & 1) {
      const next = ((counters.get(pid) ?? -1) + 1) & 0x0f;
      bytes[at + 3] = (bytes[at + 3]! & 0xf0) | next;
      counters.set(pid, next);
    }
    if (control & 2 && bytes[at + 4]! >= 7 && bytes[at + 5]! & 0x10) shiftReference(bytes, at + 6, ticks);
    const payload = control & 2 ? at + 5 + bytes[at + 4]! : at + 4;
    const beginsPes =
      control & 1 &&
      bytes[at + 1]! & 0x40 &&
      payload + 19 <= at + PACKET &&
      bytes[payload] === 0 &&
      bytes[payload + 1] === 0 &&
      bytes[payload + 2] === 1;
    if (!beginsPes) continue;
    const times = bytes[payload + 7]! >> 6;
    if (times & 2) shiftTime(bytes, payload + 9, ticks);
    if (times === 3) shiftTime(bytes, payload + 14, ticks);
  }
}

const onClock = (ticks: number) => ((Math.round(ticks) % CLOCK_SIZE) + CLOCK_SIZE) % CLOCK_SIZE;

function shiftTime(bytes: Uint8Array, at: number, ticks: number): void {
  const read =
    ((bytes[at]! >> 1) & 7) * 2 ** 30 +
    (((bytes[at + 1]! << 8) | bytes[at + 2]!) >> 1) * 2 ** 15 +
    (((bytes[at + 3]! << 8) | bytes[at + 4]!) >> 1);
  const time = onClock(read + ticks);
  const high = Math.floor(time / 2 ** 30);
  const middle = Math.floor(time / 2 ** 15) & 0x7fff;
  const low = time % 2 ** 15;
  bytes[at] = (bytes[at]! & 0xf1) | (high << 1);
  bytes[at + 1] = middle >> 7;
  bytes[at + 2] = ((middle & 0x7f) << 1) | 1;
  bytes[at + 3] = low >> 7;
  bytes[at + 4] = ((low & 0x7f) << 1) | 1;
}

/** A programme clock reference: 33 bits of 90 kHz and then 27 MHz, which stays. */
function shiftReference(bytes: Uint8Array, at: number, ticks: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const base = onClock(view.getUint32(at) * 2 + (bytes[at + 4]! >> 7) + ticks);
  view.setUint32(at, Math.floor(base / 2));
  bytes[at + 4] = (bytes[at + 4]! & 0x7f) | ((base % 2) << 7);
}

/**
 * Really encoded segments of 2 s with one key frame each, H.264 without B frames and AAC-LC at 48 kHz: what the local
 * recorder makes. 8 of them (16 s) hold a whole number of sound frames, so that they repeat without a seam. `picture` and
 * `sound` are what FFmpeg's lavfi makes, null for none of it; `seconds` for less than `count` of them.
 */
export async function encodeSegments({
  count = 8,
  width = 1280,
  height = 720,
  kilobits = 2900,
  preset = "ultrafast",
  seconds = count * 2,
  // Noise keeps the encoder from compressing a still test picture to nothing.
  picture = `testsrc2=size=${width}x${height}:rate=30,noise=alls=30:allf=t`,
  sound = "sine=frequency=440:sample_rate=48000",
}: {
  seconds?: number;
  picture?: string | null;
  sound?: string | null;
  count?: number;
  width?: number;
  height?: number;
  kilobits?: number;
  preset?: "ultrafast" | "veryfast" | "medium";
} = {}): Promise<Uint8Array[]> {
  Log.setLevel(AV_LOG_ERROR);
  const folder = await mkdtemp(join(tmpdir(), "segments-"));
  try {
    await using output = await Muxer.open(join(folder, "index.m3u8"), {
      format: "hls",
      options: { hls_time: 2, hls_list_size: 0, hls_segment_filename: join(folder, "seg_%05d.ts") },
    });
    const rate = kilobits * 1000;
    const sources = [
      picture && {
        filter: `${picture},trim=duration=${seconds},format=yuv420p`,
        encode: (decoder: Decoder) =>
          Encoder.create(FF_ENCODER_LIBX264, {
            decoder,
            context: { bitRate: rate, rcMaxRate: rate, rcBufferSize: rate, gopSize: 60, maxBFrames: 0 },
            options: { preset, "x264-params": "scenecut=0:keyint=60:min-keyint=60:bframes=0" },
          }),
      },
      sound && {
        filter: `${sound},atrim=duration=${seconds},aformat=channel_layouts=stereo`,
        encode: (decoder: Decoder) => Encoder.create(FF_ENCODER_AAC, { decoder, autoResample: true }),
      },
    ].filter((source) => source !== null && source !== "");
    const opened = [];
    for (const { filter, encode } of sources) {
      const demuxer = await Demuxer.open(filter, { format: "lavfi" });
      const decoder = await Decoder.create((demuxer.video() ?? demuxer.audio())!);
      const encoder = await encode(decoder);
      opened.push({ demuxer, decoder, encoder, stream: output.addStream(encoder) });
    }
    await Promise.all(
      opened.map(async ({ demuxer, decoder, encoder, stream }) => {
        for await (using packet of encoder.packets(decoder.frames(demuxer.packets()))) {
          await output.writePacket(packet, stream);
        }
      }),
    );
    await output.close();
    for (const { demuxer, decoder, encoder } of opened) {
      encoder.close();
      decoder.close();
      await demuxer.close();
    }
    const names = (await readdir(folder)).filter((name) => name.endsWith(".ts")).sort();
    return await Promise.all(names.map(async (name) => new Uint8Array(await readFile(join(folder, name)))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
