import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import autocannon from "autocannon";
import { startSecondWeb } from "#tests/second-web.ts";
import { startEdition } from "#local/edition.ts";
import { type Bench, type Measured, median, round } from "./bench.ts";
import { openLiveRecording } from "./live-recording.ts";
import { pause, startScript } from "./processes.ts";

export const name = "hls";
export const title = "Live playlists and segments through the decision, 32 connections";

const rounds = 3;
const seconds = 8;
const connections = 32;
/** Of a stream of ten minutes. */
const segments = 300;
/** Of one of six hours. */
const manySegments = 10_800;

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
    const redirected = await fireRedirected(edition.env, segment, viewers);
    say(`segments by redirect: ${round(redirected)} a second`);
    say(`${manySegments} segments …`);
    const six = await firePacked(edition.url + playlist, bare.line, { recording, viewers, folder });
    await bare.stop();
    await recording.close();

    const of = (pairs: Pair[], whose: keyof Pair) => median(pairs.map((pair) => pair[whose]));
    // A player asks for a playlist with each segment.
    const both = (whose: keyof Pair) => 2 / (1 / of(rates.playlist, whose) + 1 / of(rates.segment, whose));
    const [rps, baseRps] = [both("ours"), both("base")];
    const ratio = rps / baseRps;
    return {
      keys: {
        ...{ ratio: round(ratio, 2), rps: round(rps), redirect_rps: round(redirected) },
        ...{ six_hours_kib: round(six.kib), six_hours_ratio: round(six.ours / six.base, 2) },
      },
      rows: [
        { what: "playlist of so many segments, KiB", value: `${count}, ${round(told.byteLength / 1024, 1)}` },
        { what: "segment, KiB", value: String(round(bytes.length / 1024, 1)) },
        ...(["playlist", "segment"] as const).map((kind) => ({
          what: `${kind}s a second, and as static files`,
          value: `${round(of(rates[kind], "ours"))} / ${round(of(rates[kind], "base"))}`,
        })),
        { what: "one of each in turn, requests a second", value: `${round(rps)} / ${round(baseRps)}` },
        { what: "segments a second by redirect to storage", value: String(round(redirected)) },
        {
          what: "playlist of six hours, KiB as written and as packed",
          value: `${round(six.textKib)} / ${round(six.kib)}`,
        },
        {
          what: "playlists of six hours a second, packed, and as static files",
          value: `${round(six.ours)} / ${round(six.base)}`,
        },
      ],
      missed: ratio < 0.5 ? [`ratio ${round(ratio, 2)}, goal at least 0.5`] : [],
    };
  } finally {
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

type Pair = { ours: number; base: number };
type Packed = { recording: LiveRecording; viewers: string[]; folder: string };
type LiveRecording = Awaited<ReturnType<typeof openLiveRecording>>;

/** Segments with `MEDIA_REDIRECT=1`: the decision, and an address in storage. */
async function fireRedirected(env: Record<string, string>, segment: string, viewers: string[]) {
  const { url, process: web } = await startSecondWeb({
    ...env,
    TRUSTED_PROXIES: "127.0.0.1",
    MEDIA_REDIRECT: "1",
  });
  try {
    const rates: number[] = [];
    for (let at = 0; at <= rounds; at++) {
      const rate = await fire(url + segment, viewers, at === 0 ? 2 : seconds / 2, { redirects: true });
      if (at > 0) rates.push(rate);
    }
    return median(rates);
  } finally {
    web.kill("SIGTERM");
  }
}

/** The playlist of six hours as browsers ask for it, packed, against a file of the same bytes. */
async function firePacked(url: string, bare: string, { recording, viewers, folder }: Packed) {
  await recording.lengthen(manySegments);
  const text = await until(
    async () => Buffer.from(await ask(url, viewers[0]!)),
    (told) => told.toString().match(/\.ts$/gm)?.length === manySegments,
  );
  const packed = gzipSync(text, { level: 1 });
  await writeFile(path.join(folder, "six-hours"), packed);
  const rates: Pair[] = [];
  for (let at = 0; at <= rounds; at++) {
    const duration = at === 0 ? 2 : seconds / 2;
    const ours = await fire(url, viewers, duration, { encoding: "gzip" });
    const base = await fire(`${bare}/six-hours`, viewers, duration);
    if (at > 0) rates.push({ ours, base });
  }
  const of = (whose: keyof Pair) => median(rates.map((pair) => pair[whose]));
  return { ours: of("ours"), base: of("base"), kib: packed.length / 1024, textKib: text.length / 1024 };
}

async function until<T>(what: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let times = 0; times < 40; times++) {
    const value = await what();
    if (holds(value)) return value;
    await pause(250);
  }
  throw new Error("the playlist does not have all of it");
}

async function fire(
  url: string,
  viewers: string[],
  duration: number,
  { encoding = "identity", redirects = false } = {},
): Promise<number> {
  // Each asks from an address of their own, as players do.
  const requests = viewers.map((cookie, at) => ({
    headers: { cookie, "x-forwarded-for": `10.0.0.${at + 1}`, "accept-encoding": encoding },
  }));
  const result = await autocannon({ url, connections, duration, requests });
  const refused = result.non2xx - (redirects ? result["3xx"] : 0);
  if (refused > 0 || result.errors > 0 || (redirects && result["3xx"] === 0))
    throw new Error(`${refused} refusals and ${result.errors} errors`);
  return result.requests.average;
}

async function ask(url: string, cookie: string): Promise<ArrayBuffer> {
  const answer = await fetch(url, { headers: { cookie } });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return answer.arrayBuffer();
}
