import type { Page } from "@playwright/test";
import { signal } from "#local/processes.ts";
import { goLive } from "#tests/browser/people.ts";
import { isGreen, isMagenta, mostly } from "#tests/browser/picture.ts";
import { insertPeople } from "#tests/factories.ts";
import { attemptsOf } from "#tests/faults/recorder-tools.ts";
import { recordingRow } from "#tests/integration/recording-fixtures.ts";
import { within } from "#tests/without-webhooks.ts";
import { expect, expectStartedAgain, pidOf, test } from "./world.ts";

const say = async (page: Page, text: string) => {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await expect(page.getByText(text, { exact: true }).first()).toBeVisible();
};

test(
  "a stream whose recorder dies twice, and whose worker dies while it is finished, is one replay with marked gaps, both pictures and the chat in step",
  { tag: "@alone" },
  async ({ person, db }) => {
    test.setTimeout(360_000);
    const { people, path: address, stream } = await insertPeople(db, { status: "scheduled" });
    await db.updateTable("streams").set({ chat_after_minutes: 0 }).where("id", "=", stream.id).execute();
    const studio = await (await person({ userId: people.host.id })).newPage();
    await studio.goto(`/account/streams/${stream.id}`);
    await goLive(studio, { share: true });
    const watching = await (await person({ userId: people.viewer.id })).newPage();
    await watching.goto(address);
    // Beside a recorder that begins anew, pages can be slow.
    for (const page of [studio, watching]) page.setDefaultTimeout(60_000);
    const recorded = (attempt: number, count: number) =>
      expect
        .poll(
          async () =>
            (await attemptsOf({ db }, stream.id)).find(({ number }) => number === attempt)?.good ?? 0,
          { timeout: 120_000 },
        )
        .toBeGreaterThanOrEqual(count);

    await recorded(1, 2);
    await say(watching, "In the first part");
    await recorded(1, 4);
    for (const attempt of [1, 2]) {
      const recorder = pidOf("recorder");
      // The whole of it, so that nobody announces it.
      signal(-recorder, "SIGKILL");
      await expectStartedAgain("recorder", recorder);
      await recorded(attempt + 1, 2);
    }
    await say(watching, "In the third part");
    await recorded(3, 4);

    const { id: recordingId } = await db
      .selectFrom("streaming_recordings")
      .select("id")
      .where("stream_id", "=", stream.id)
      .executeTakeFirstOrThrow();
    const steps = async () =>
      (
        await db
          .selectFrom("streaming_recording_steps")
          .select("step")
          .where("recording_id", "=", recordingId)
          .orderBy("step")
          .execute()
      ).map(({ step }) => step);
    const status = async () => (await recordingRow(db, recordingId)).status;
    // Who writes the last of three steps down waits for this, so the worker dies in the middle, however fast it is.
    const held = await db.startTransaction().execute();
    const worker = pidOf("worker");
    try {
      await held
        .insertInto("streaming_recording_steps")
        .values({ recording_id: recordingId, step: "attempt 3" })
        .execute();
      await studio.getByText("End stream").click();
      await studio.getByRole("button", { name: "End it for everybody" }).click();
      await expect.poll(steps, { timeout: within(30) * 1000 }).toEqual(["attempt 1", "attempt 2"]);
      expect(await status(), "the worker is finishing it").toBe("finalizing");
      signal(-worker, "SIGKILL");
    } finally {
      await held.rollback().execute();
    }
    expect(await status(), "the worker died before it had finished").toBe("finalizing");
    await expectStartedAgain("worker", worker);

    const replay = watching.getByLabel(/^Replay of/);
    await expect(replay).toBeVisible({ timeout: within(60) * 1000 });
    await expect(watching.getByText(/at 0:\d\d, .* are missing/)).toHaveCount(2);
    const lasts = await attemptsOf({ db }, stream.id);
    expect(lasts.map(({ number }) => number)).toEqual([1, 2, 3]);
    const log = watching.getByRole("log", { name: "What was said" });
    const seek = (seconds: number) =>
      replay.evaluate(async (video: HTMLVideoElement, seconds) => {
        video.muted = true;
        await video.play();
        video.currentTime = seconds;
        await new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
      }, seconds);
    const showsBoth = async () =>
      (await mostly(replay, [0.4, 0.4], isGreen)) && (await mostly(replay, [0.88, 0.88], isMagenta));

    const inFirst = lasts[0]!.good * 2;
    await seek(inFirst - 2);
    await expect.poll(showsBoth).toBe(true);
    await expect(log.getByText("In the first part", { exact: true })).toBeVisible();
    await expect(log.getByText("In the third part", { exact: true })).toBeHidden();
    // Across the first gap by itself, and beyond the second one.
    await expect
      .poll(() => replay.evaluate((video: HTMLVideoElement) => video.currentTime))
      .toBeGreaterThan(inFirst + 1);
    await seek((lasts[0]!.good + lasts[1]!.good) * 2 + 1);
    await expect.poll(showsBoth).toBe(true);
    await seek((await replay.evaluate((video: HTMLVideoElement) => video.duration)) - 1);
    await expect(log.getByText("In the third part", { exact: true })).toBeVisible();
  },
);
