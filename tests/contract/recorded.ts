import { Decoder, Demuxer } from "node-av/api";
import { AV_LOG_ERROR } from "node-av/constants";
import { Log } from "node-av/lib";
import { FLASH_LUMA, FLASH_MS } from "./publisher.ts";

Log.setLevel(AV_LOG_ERROR);

/** A decoded picture's colours at some places, and when it is shown, in seconds of the recording's clock. */
export type Look = { seconds: number; at: Record<string, [luma: number, blue: number, red: number]> };

/** Loudness (root mean square, 0 to 1) of one hundredth of a second. */
export type Loudness = { seconds: number; level: number };

/** The places to look at: shares of the width and height. */
export type Places = Record<string, [x: number, y: number]>;

/**
 * Decodes segments, put behind one another, or one MP4, by FFmpeg: all pictures at the given places, and all sound.
 */
export async function decodeRecording(
  segments: readonly Uint8Array[],
  places: Places,
  format: "mpegts" | "mp4" = "mpegts",
) {
  const looks: Look[] = [];
  const sound: Loudness[] = [];
  await using demuxer = await Demuxer.open(Buffer.concat(segments), { format });
  const video = demuxer.video()!;
  const audio = demuxer.audio()!;
  using pictures = await Decoder.create(video);
  using sounds = await Decoder.create(audio);
  const picturesPerSecond = video.timeBase.den / video.timeBase.num;

  for await (const packet of demuxer.packets()) {
    if (!packet) break;
    if (packet.streamIndex === video.index) {
      for (const frame of await pictures.decodeAll(packet)) {
        const { width, height, linesize, data } = frame;
        const look = ([x, y]: [number, number]): [number, number, number] => {
          const [column, row] = [Math.floor(x * width), Math.floor(y * height)];
          const chroma = (row >> 1) * linesize[1]! + (column >> 1);
          return [data![0]![row * linesize[0]! + column]!, data![1]![chroma]!, data![2]![chroma]!];
        };
        const at = Object.fromEntries(Object.entries(places).map(([name, place]) => [name, look(place)]));
        looks.push({ seconds: Number(frame.pts) / picturesPerSecond, at });
        frame.free();
      }
    } else if (packet.streamIndex === audio.index) {
      for (const frame of await sounds.decodeAll(packet)) {
        const samples = new Float32Array(new Uint8Array(frame.data![0]!).buffer, 0, frame.nbSamples);
        // The decoder counts sound in samples.
        const step = Math.round(frame.sampleRate / 100);
        for (let from = 0; from < samples.length; from += step) {
          const part = samples.subarray(from, from + step);
          const level = Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length);
          sound.push({ seconds: (Number(frame.pts) + from) / frame.sampleRate, level });
        }
        frame.free();
      }
    }
    packet.free();
  }
  return { looks, sound };
}

/**
 * By how much each beep comes after its flash, in ms (negative: before it), for flashes seen at `place`. Which flash is
 * whose follows from their rhythm, which repeats after three seconds only: of all delays, most beeps fit the true one.
 */
export function beepsAfterFlashes(
  { looks, sound }: { looks: Look[]; sound: Loudness[] },
  place: string,
): number[] {
  const flashes = risesOf(looks.map(({ seconds, at }) => ({ seconds, on: at[place]![0] > FLASH_LUMA - 25 })));
  const beeps = risesOf(sound.map(({ seconds, level }) => ({ seconds, on: level > 0.05 })));
  const delays = beeps.flatMap((beep) => flashes.map((flash) => (beep - flash) * 1000));
  const possible = delays.filter((delay) => Math.abs(delay) < 1500);
  const fitting = possible.map((delay) => possible.filter((other) => Math.abs(other - delay) < 150));
  const delay = median(fitting.reduce((a, b) => (b.length > a.length ? b : a), []));
  return beeps.flatMap((beep) => {
    const off = (flash: number) => Math.abs((beep - flash) * 1000 - delay);
    const own = flashes.reduce((a, b) => (off(b) < off(a) ? b : a), Infinity);
    return off(own) < 500 ? [(beep - own) * 1000] : [];
  });
}

/** When something begins that was not there for longer than a flash lasts. */
function risesOf(samples: { seconds: number; on: boolean }[]): number[] {
  const rises: number[] = [];
  let lastOn = -Infinity;
  for (const { seconds, on } of samples) {
    if (!on) continue;
    if (seconds - lastOn > (FLASH_MS * 2) / 1000) rises.push(seconds);
    lastOn = seconds;
  }
  return rises;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
