import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEdition } from "#local/edition.ts";
import { type Bench, type Measured, percentile, round } from "./bench.ts";
import type { PlayersTale, PlayersWish } from "./hls-crowd.ts";
import { openLiveRecording } from "./live-recording.ts";
import { pause, residentMib, startScript } from "./processes.ts";

export const name = "hls-viewers";
export const title = "Players of a live stream of 300 kbit/s for 60 s, all bytes through web";

const players = 1_000;
const seconds = 60;
const spreadSeconds = 10;
const segmentMs = 2_000;

export const run: Bench["run"] = async ({ say, args }): Promise<Measured> => {
  const count = Number(args[0] ?? players);
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({
    dir,
    ports: "fresh",
    without: ["recorder", "worker"],
    env: { TRUSTED_PROXIES: "127.0.0.1" },
  });
  try {
    const recording = await openLiveRecording(edition);
    const cookies = await recording.viewers(count);
    /** SHA-256 of each segment as it was recorded, by its number. */
    const recorded: string[] = [];
    const record = async () => {
      recorded.push(
        createHash("sha256")
          .update(await recording.next())
          .digest("hex"),
      );
    };
    for (let number = 0; number < 4; number++) await record();
    const wish: PlayersWish = {
      ...{ url: edition.url, base: recording.base, seconds, spreadSeconds },
      players: cookies.map((cookie, at) => ({ cookie, address: `10.0.${at >> 8}.${at & 255}` })),
    };
    const file = path.join(dir, "players.json");
    await writeFile(file, JSON.stringify(wish));
    say(`${count} players …`);
    let over = false;
    const growing = (async () => {
      for (let at = performance.now() + segmentMs; !over; at += segmentMs) {
        await pause(Math.max(0, at - performance.now()));
        await record();
      }
    })();
    const crowd = await startScript(path.join(import.meta.dirname, "hls-crowd.ts"), [file]);
    over = true;
    const tale = JSON.parse(crowd.line) as PlayersTale;
    const webMib = await residentMib(edition.part("web").pid!);
    await growing;
    await recording.close();

    const wrong = Object.entries(tale.sums).filter(
      ([uri, sum]) => recorded[Number(/^1\/(\d+)\.ts$/.exec(uri)?.[1])] !== sum,
    );
    const arrived = Object.keys(tale.sums).length;
    if (arrived === 0) throw new Error("no segment arrived");
    const errors = [
      ...Object.entries(tale.errors),
      ...(wrong.length > 0 ? [["segments that are not as recorded", wrong.length] as const] : []),
    ];
    const failed = errors.reduce((sum, [, times]) => sum + times, 0);
    const stalls = tale.lateMs.length;
    const mbit = (tale.bytes * 8) / 1e6 / (seconds + spreadSeconds / 2);
    const wanted = count * recording.kilobits;
    const times = (ms: number[]) =>
      ms.length > 0 ? `${round(percentile(ms, 0.5))} / ${round(percentile(ms, 0.99))}` : "none";
    return {
      keys: { stalls, errors: failed, web_mib: round(webMib), mbit_s: round(mbit, 1) },
      rows: [
        { what: "players", value: String(count) },
        {
          what: "segments that arrived, and different ones, compared with what was recorded",
          value: `${tale.segments}, ${arrived}`,
        },
        { what: "late, and the slowest by, ms", value: `${stalls}, ${Math.max(0, ...tale.lateMs)}` },
        { what: "playlist, median and p99, ms", value: times(tale.playlistMs) },
        { what: "segment, median and p99, ms", value: times(tale.segmentMs) },
        {
          what: "Mbit/s that arrived, and as recorded for all",
          value: `${round(mbit, 1)} / ${round(wanted / 1000, 1)}`,
        },
        { what: "memory of web, MiB", value: String(round(webMib)) },
        ...errors.map(([what, times]) => ({ what, value: String(times) })),
      ],
      missed: stalls + failed > 0 ? [`${stalls} stalls and ${failed} errors, goal none`] : [],
    };
  } finally {
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};
