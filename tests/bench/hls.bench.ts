import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import autocannon from "autocannon";
import { startEdition } from "#local/edition.ts";
import { type Bench, type Measured, median, round } from "./bench.ts";
import { openLiveRecording } from "./live-recording.ts";
import { startScript } from "./processes.ts";

export const name = "hls";
export const title = "Live playlists and segments through the decision, 32 connections";

const rounds = 3;
const seconds = 8;
const connections = 32;
/** Of a stream of ten minutes. */
const segments = 300;

export const run: Bench["run"] = async ({ say, args }): Promise<Measured> => {
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
    const viewers = await recording.viewers(connections);
    const count = Number(args[0] ?? segments);
    say(`${count} segments …`);
    const folder = path.join(dir, "files");
    await mkdir(path.join(folder, recording.base, "1"), { recursive: true });
    let bytes = new Uint8Array();
    for (let number = 0; number < count; number++) bytes = new Uint8Array(await recording.next());
    const segment = `${recording.base}/1/${count - 1}.ts`;
    const playlist = `${recording.base}/live.m3u8`;
    await writeFile(path.join(folder, segment), bytes);
    const told = await ask(edition.url + playlist, viewers[0]!);
    await writeFile(path.join(folder, playlist), new Uint8Array(told));
    if ((await ask(edition.url + segment, viewers[0]!)).byteLength !== bytes.length)
      throw new Error("a segment is not what was written");
    const bare = await startScript(path.join(import.meta.dirname, "bare-files.ts"), [folder]);

    const rates = { playlist: [] as Pair[], segment: [] as Pair[] };
    for (let at = 0; at <= rounds; at++) {
      for (const [kind, address] of [
        ["playlist", playlist],
        ["segment", segment],
      ] as const) {
        // The first round is to warm up.
        const duration = at === 0 ? 2 : seconds;
        const ours = await fire(edition.url + address, viewers, duration);
        const base = await fire(bare.line + address, viewers, duration);
        if (at > 0) rates[kind].push({ ours, base });
        say(`${at} of ${rounds}: ${kind}s ${round(ours)} a second, bare ${round(base)}`);
      }
    }
    await bare.stop();
    await recording.close();

    const of = (pairs: Pair[], whose: keyof Pair) => median(pairs.map((pair) => pair[whose]));
    // A player asks for a playlist with each segment.
    const both = (whose: keyof Pair) => 2 / (1 / of(rates.playlist, whose) + 1 / of(rates.segment, whose));
    const [rps, baseRps] = [both("ours"), both("base")];
    const ratio = rps / baseRps;
    return {
      keys: { ratio: round(ratio, 2), rps: round(rps) },
      rows: [
        { what: "playlist of so many segments, KiB", value: `${count}, ${round(told.byteLength / 1024, 1)}` },
        { what: "segment, KiB", value: String(round(bytes.length / 1024, 1)) },
        ...(["playlist", "segment"] as const).map((kind) => ({
          what: `${kind}s a second, and as static files`,
          value: `${round(of(rates[kind], "ours"))} / ${round(of(rates[kind], "base"))}`,
        })),
        { what: "one of each in turn, requests a second", value: `${round(rps)} / ${round(baseRps)}` },
      ],
      missed: ratio < 0.5 ? [`ratio ${round(ratio, 2)}, goal at least 0.5`] : [],
    };
  } finally {
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

type Pair = { ours: number; base: number };

async function fire(url: string, viewers: string[], duration: number): Promise<number> {
  // Each asks from an address of their own, as players do.
  const requests = viewers.map((cookie, at) => ({
    headers: { cookie, "x-forwarded-for": `10.0.0.${at + 1}`, "accept-encoding": "identity" },
  }));
  const result = await autocannon({ url, connections, duration, requests });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} refusals and ${result.errors} errors`);
  return result.requests.average;
}

async function ask(url: string, cookie: string): Promise<ArrayBuffer> {
  const answer = await fetch(url, { headers: { cookie } });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return answer.arrayBuffer();
}
