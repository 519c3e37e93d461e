import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "@playwright/test";
import { type Db, openDatabase } from "#db/client.ts";
import { type Edition, startEdition } from "#local/edition.ts";
import { goLive, launchBrowser, openProfile } from "#tests/browser/people.ts";
import { insertPeople, insertStream } from "#tests/factories.ts";
import { type Bench, type Measured, median, percentile, round } from "./bench.ts";
import { pause } from "./processes.ts";

export const name = "replay";
export const title = "End pressed to the replay's first frame, as a viewer whose page is open sees it";

/** Seconds that are recorded, as the recorder tells them: safe in storage, not just elapsed. */
const lengths = [60, ...Array.from({ length: 20 }, () => 10)];
const budgetMs = 8.3 * 60_000;

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const begun = performance.now();
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh" });
  const db = openDatabase(edition.env.DATABASE_URL);
  const browser = await launchBrowser();
  try {
    const cast = await insertPeople(db, { status: "scheduled" });
    const who = { url: edition.url, db };
    const host = await openProfile(browser, { ...who, userId: cast.people.host.id });
    const viewer = await openProfile(browser, { ...who, userId: cast.people.viewer.id });
    const studio = await host.newPage();
    const watching = await viewer.newPage();
    const took: { seconds: number; ms: number }[] = [];
    for (const seconds of lengths) {
      // Fewer rounds rather than smaller ones.
      if (performance.now() - begun > budgetMs) break;
      const ms = await one({ db, edition, cast, studio, watching, seconds });
      took.push({ seconds, ms });
      say(`${took.length} of ${lengths.length}: a stream of ${seconds} s, ${ms} ms`);
    }
    const all = took.map(({ ms }) => ms);
    const long = took.filter(({ seconds }) => seconds === 60).map(({ ms }) => ms);
    const p95 = percentile(all, 0.95);
    return {
      keys: {
        p95_ms: round(p95),
        median_ms: round(median(all)),
        minute_ms: round(median(long)),
        streams: took.length,
      },
      rows: [
        { what: "streams", value: String(took.length) },
        { what: "p95, ms", value: String(round(p95)) },
        { what: "median, ms", value: String(round(median(all))) },
        { what: "the one of 60 s, ms", value: String(round(median(long))) },
      ],
      missed: p95 > 10_000 ? [`p95 ${round(p95)} ms, goal at most 10 000`] : [],
    };
  } finally {
    await browser.close();
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

type Round = {
  db: Db;
  edition: Edition;
  cast: Awaited<ReturnType<typeof insertPeople>>;
  studio: Page;
  watching: Page;
  seconds: number;
};

async function one({ db, cast, studio, watching, seconds }: Round): Promise<number> {
  const { space, experience, people } = cast;
  const stream = await insertStream(db, { experienceId: experience.id, createdBy: people.host.id });
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
    const { ticks } = await db
      .selectFrom("streaming_recording_segments as s")
      .innerJoin("streaming_recording_attempts as a", "a.id", "s.attempt_id")
      .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
      .select(({ fn }) => fn.sum<string | null>("s.duration_ticks").as("ticks"))
      .where("r.stream_id", "=", streamId)
      .executeTakeFirstOrThrow();
    if (Number(ticks ?? 0) / 90_000 >= seconds) return;
    await pause(200);
  }
  throw new Error(`${seconds} s were not recorded within two minutes`);
}
