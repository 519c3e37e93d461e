import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "@playwright/test";
import { type Db, openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { goLive, launchBrowser, openProfile } from "#tests/browser/people.ts";
import { insertPeople, insertStream } from "#tests/factories.ts";
import { mostMemoryOf } from "#tests/faults/full-disk-tools.ts";
import { type Bench, type Measured, median, percentile, round } from "./bench.ts";
import { insertEarlier, storeEarlier } from "./earlier-attempt.ts";
import { storageOf } from "./long-recordings.ts";
import { pause } from "./processes.ts";
import { encodeSegments } from "./synthetic-segments.ts";

export const name = "replay";
export const title = "End pressed to the replay's first frame, as a viewer whose page is open sees it";

/** Seconds that are recorded, as the recorder tells them: safe in storage, not just elapsed. */
const lengths = [60, ...Array.from({ length: 20 }, () => 10)];
/** Of the six hours, and of so many streams of that length, most of which was recorded before. */
const long = { minutes: 360, streams: 3, seconds: 10 };
/** Until when a stream of each kind is begun. */
const budgetMs = { short: 6 * 60_000, long: 7.6 * 60_000 };
const goals = { p95Ms: 5_000, rssMib: 300 };

/** `bench replay 30` has thirty minutes instead of six hours. */
export const run: Bench["run"] = async ({ say, args }): Promise<Measured> => {
  const minutes = Number(args[0] ?? long.minutes);
  if (!Number.isInteger(minutes) || minutes < 1) throw new Error(`how many minutes are "${args[0]}"?`);
  const begun = performance.now();
  const isLate = (budget: number) => performance.now() - begun > budget;
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh" });
  const db = openDatabase(edition.env.DATABASE_URL);
  const storage = storageOf(edition.env);
  const browser = await launchBrowser();
  try {
    const cast = await insertPeople(db, { status: "scheduled" });
    const who = { url: edition.url, db };
    const host = await openProfile(browser, { ...who, userId: cast.people.host.id });
    const viewer = await openProfile(browser, { ...who, userId: cast.people.viewer.id });
    const studio = await host.newPage();
    const watching = await viewer.newPage();
    const newStream = () =>
      insertStream(db, { experienceId: cast.experience.id, createdBy: cast.people.host.id });
    const took: { seconds: number; ms: number }[] = [];
    for (const seconds of lengths) {
      // Fewer rounds rather than smaller ones.
      if (isLate(budgetMs.short)) break;
      const ms = await one({ db, cast, stream: await newStream(), studio, watching, seconds });
      took.push({ seconds, ms });
      say(`${took.length} of ${lengths.length}: a stream of ${seconds} s, ${ms} ms`);
    }

    say(`storing ${minutes} minutes for each of the long ones …`);
    // As small as they can be: how many there are counts here.
    const picture = "testsrc2=size=160x90:rate=30";
    const base = await encodeSegments({ picture, sound: "anullsrc=sample_rate=48000", kilobits: 40 });
    const tookLong: number[] = [];
    while (tookLong.length < long.streams && (tookLong.length === 0 || !isLate(budgetMs.long))) {
      const stream = await newStream();
      const firstPts = (1 + tookLong.length) * 90_000_000 + 1;
      const earlier = await storeEarlier(storage, { streamId: stream.id, minutes, base, firstPts });
      const beforeEnd = () => insertEarlier(db, { streamId: stream.id, earlier });
      const ms = await one({ db, cast, stream, studio, watching, seconds: long.seconds, beforeEnd });
      tookLong.push(ms);
      const inIt = round((await recordedSeconds(db, stream.id)) / 60, 1);
      if (inIt < minutes) throw new Error(`only ${inIt} of ${minutes} minutes are in the replay`);
      say(`${tookLong.length} of ${long.streams}: a stream of ${inIt} minutes, ${ms} ms`);
      // Its MP4 is another bench's (finalize), and would run beside the next one.
      await removeExports(db, stream.id);
    }
    const rssMib = await mostMemoryOf(edition.part("worker"));
    const all = took.map(({ ms }) => ms);
    const minute = took.filter(({ seconds }) => seconds === 60).map(({ ms }) => ms);
    const p95 = percentile(all, 0.95);
    const p95Long = percentile(tookLong, 0.95);
    return {
      keys: {
        p95_ms: round(p95),
        p95_6h_ms: round(p95Long),
        rss_mib: rssMib,
        median_ms: round(median(all)),
        minute_ms: round(median(minute)),
        streams: took.length,
        streams_6h: tookLong.length,
        minutes_6h: minutes,
      },
      rows: [
        { what: "streams", value: String(took.length) },
        { what: "p95, ms", value: String(round(p95)) },
        { what: "median, ms", value: String(round(median(all))) },
        { what: "the one of 60 s, ms", value: String(round(median(minute))) },
        { what: `streams of ${minutes} minutes`, value: String(tookLong.length) },
        { what: "p95 of these, ms", value: String(round(p95Long)) },
        { what: "most memory of the worker, MiB", value: String(rssMib) },
      ],
      missed: [
        ...(p95 > goals.p95Ms ? [`p95 ${round(p95)} ms, goal at most ${goals.p95Ms}`] : []),
        ...(p95Long > goals.p95Ms ? [`p95_6h ${round(p95Long)} ms, goal at most ${goals.p95Ms}`] : []),
        ...(rssMib > goals.rssMib ? [`rss ${rssMib} MiB, goal at most ${goals.rssMib}`] : []),
        ...(minutes < long.minutes ? [`"six hours" had ${minutes} minutes`] : []),
      ],
    };
  } finally {
    await browser.close();
    storage.close();
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

type Round = {
  db: Db;
  cast: Awaited<ReturnType<typeof insertPeople>>;
  stream: Awaited<ReturnType<typeof insertStream>>;
  studio: Page;
  watching: Page;
  seconds: number;
  /** What is done between the recording of so many seconds and the end. */
  beforeEnd?: () => Promise<void>;
};

async function one({ db, cast, stream, studio, watching, seconds, beforeEnd }: Round): Promise<number> {
  const { space, experience } = cast;
  await studio.goto(`/account/streams/${stream.id}`);
  const turnOn = studio.getByRole("button", { name: "Turn on camera and microphone" });
  const ready = studio.getByRole("button", { name: "Camera", pressed: true });
  await turnOn.or(ready).first().waitFor();
  if (await turnOn.isVisible()) await goLive(studio);
  else {
    await studio.getByRole("button", { name: "Go live", exact: true }).click();
    await studio.getByText("End stream").waitFor();
  }
  await watching.goto(`/${space.slug}/${experience.slug}/streams/${stream.slug}`);
  await watching.getByLabel("The host's camera").waitFor();
  await recorded(db, stream.id, seconds);
  await beforeEnd?.();

  await studio.getByText("End stream").click();
  const button = studio.getByRole("button", { name: "End it for everybody" });
  await button.waitFor();
  const replay = watching.getByLabel(/^Replay of/);
  const begun = performance.now();
  await button.click();
  await replay.waitFor({ timeout: 60_000 });
  await replay.evaluate(async (video: HTMLVideoElement) => {
    video.muted = true;
    await video.play();
    await new Promise<void>((resolve) => video.requestVideoFrameCallback(() => resolve()));
  });
  return round(performance.now() - begun);
}

async function recorded(db: Db, streamId: string, seconds: number): Promise<void> {
  for (let times = 0; times < 600; times++) {
    if ((await recordedSeconds(db, streamId)) >= seconds) return;
    await pause(200);
  }
  throw new Error(`${seconds} s were not recorded within two minutes`);
}

async function recordedSeconds(db: Db, streamId: string): Promise<number> {
  const { ticks } = await db
    .selectFrom("streaming_recording_segments as s")
    .innerJoin("streaming_recording_attempts as a", "a.id", "s.attempt_id")
    .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
    .select(({ fn }) => fn.sum<string | null>("s.duration_ticks").as("ticks"))
    .where("r.stream_id", "=", streamId)
    .where("s.problem", "is", null)
    .executeTakeFirstOrThrow();
  return Number(ticks ?? 0) / 90_000;
}

async function removeExports(db: Db, streamId: string): Promise<void> {
  await db
    .deleteFrom("streaming_recording_exports")
    .where("recording_id", "in", (of) =>
      of.selectFrom("streaming_recordings").select("id").where("stream_id", "=", streamId),
    )
    .execute();
}
