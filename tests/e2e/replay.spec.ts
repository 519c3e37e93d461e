import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { insertPeople } from "#tests/factories.ts";
import type { Db } from "#db/client.ts";
import type { RecordedAttempt } from "#tests/integration/recording-fixtures.ts";
import { insertReadyRecording } from "#tests/ready-recording.ts";
import { expect, expectAccessible, expectFits, expectLooks, test } from "./world.ts";

const start = Date.parse("2026-11-23T12:00:00Z");
const at = (seconds: number) => new Date(start + seconds * 1000);

/** A test picture for 12 s, and after a gap of 28 s a room for about 15 s. */
const recorded = [
  { set: "x264", startsAt: at(0) },
  { set: "x264", startsAt: at(6) },
  { set: "egress", startsAt: at(40) },
] as const;

async function insertReplay(db: Db, said: number[] = [], attempts: readonly RecordedAttempt[] = recorded) {
  const house = await insertPeople(db, { status: "live" });
  const streamId = house.stream.id;
  await insertMessages(db, { streamId, userId: house.people.viewer.id, said });
  const { recordingId } = await insertReadyRecording(process.env, streamId, attempts);
  await db.updateTable("streams").set({ chat_after_minutes: 0 }).where("id", "=", streamId).execute();
  return { ...house, recordingId, base: `/media/${streamId}/${recordingId}` };
}

/** What somebody said, so many seconds after the recording began. */
async function insertMessages(
  db: Db,
  { streamId, userId, said }: { streamId: string; userId: string; said: number[] },
) {
  await db
    .insertInto("streaming_chat_rooms")
    .values({ stream_id: streamId, last_number: said.length })
    .execute();
  for (const [place, second] of said.entries()) {
    const message = { id: randomUUID(), stream_id: streamId, number: place + 1, user_id: userId };
    await db
      .insertInto("streaming_chat_messages")
      .values({ ...message, role: "viewer", text: `Said at ${second}`, said_at: at(second) })
      .execute();
  }
}

const videoOf = (page: Page) => page.getByLabel(/^Replay of/);
const barOf = (page: Page) => page.getByRole("slider", { name: "Place in the recording" });
const timeOf = (page: Page) => videoOf(page).evaluate((video: HTMLVideoElement) => video.currentTime);
/** Where a viewer is said to have stopped, in seconds. A page that is left at once may be faster than what it saved. */
async function savedPlace(db: Db, userId: string) {
  const { position_ms } = await db
    .selectFrom("replay_positions")
    .select("position_ms")
    .where("user_id", "=", userId)
    .executeTakeFirstOrThrow();
  return position_ms / 1000;
}
const ready = (page: Page) =>
  expect
    .poll(() => videoOf(page).evaluate((video: HTMLVideoElement) => video.readyState), { timeout: 30_000 })
    .toBeGreaterThan(1);

/** The average colours of a part of a picture, and of what a video shows, in sixteen fields. */
const fieldsOf = (page: Page, url: string | null, [left, top, width, height]: number[]) =>
  page.evaluate(
    async ({ url, place: [left, top, width, height] }) => {
      const source = url
        ? await createImageBitmap(await (await fetch(url)).blob(), left!, top!, width!, height!)
        : document.querySelector("video")!;
      const pen = new OffscreenCanvas(width!, height!).getContext("2d")!;
      pen.drawImage(source, 0, 0, width!, height!);
      const { data } = pen.getImageData(0, 0, width!, height!);
      const sums = Array.from({ length: 48 }, () => 0);
      for (let at = 0; at < data.length; at += 4) {
        const [x, y] = [(at / 4) % width!, Math.floor(at / 4 / width!)];
        const field = Math.floor((x / width!) * 4) + 4 * Math.floor((y / height!) * 4);
        for (let c = 0; c < 3; c++) sums[field * 3 + c]! += data[at + c]!;
      }
      return sums.map((sum) => (sum * 16) / (width! * height!));
    },
    { url, place: [left, top, width, height] },
  );

const distance = (a: number[], b: number[]) => Math.hypot(...a.map((value, at) => value - b[at]!));

test("above the seek bar stands what is there, by mouse, finger and keys", async ({ person, db }) => {
  const { people, path, base } = await insertReplay(db);
  const viewer = await person({ userId: people.viewer.id });
  const page = await viewer.newPage();
  await page.goto(path);
  await ready(page);
  await expect
    .poll(async () => (await viewer.request.get(base + "/sprite.json")).status(), { timeout: 60_000 })
    .toBe(200);
  const bar = barOf(page);
  const { width } = (await bar.boundingBox())!;
  const duration = Number(await bar.getAttribute("max")) / 1000;
  const tile = page.locator(".seek-tile");
  const hover = (seconds: number) =>
    bar.hover({ position: { x: 9 + ((width - 18) * (seconds + 0.3)) / duration, y: 20 } });

  await hover(15);
  await expect(page.locator(".seek-preview")).toContainText("0:15");
  await expect(tile).toHaveCSS("background-position", "-160px 0px");
  await hover(4);
  await expect(tile).toHaveCSS("background-position", "0px 0px");
  await expect(tile).toHaveCSS("background-image", new RegExp(`${base}/sprite-0\\.jpg`));

  const sheet = `${base}/sprite-0.jpg`;
  const tiles = await Promise.all([0, 160].map((left) => fieldsOf(page, sheet, [left, 0, 160, 90])));
  for (const [place, seconds] of [5, 15].entries()) {
    await videoOf(page).evaluate(async (video: HTMLVideoElement, seconds) => {
      video.currentTime = seconds;
      await new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
    }, seconds);
    const shown = await fieldsOf(page, null, [0, 0, 160, 90]);
    expect(distance(shown, tiles[place]!)).toBeLessThan(distance(shown, tiles[1 - place]!));
  }

  await page.mouse.move(0, 0);
  await expect(tile).toBeHidden();
  await bar.focus();
  await bar.press("Home");
  await expect(tile).toHaveCSS("background-position", "0px 0px");
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"]) await bar.press(key);
  await expect(bar).toHaveAttribute("aria-valuetext", /^0:10 of 0:2\d$/);
  await expect.poll(() => timeOf(page)).toBeCloseTo(10, 0);
  await expect(tile).toHaveCSS("background-position", "-160px 0px");

  await bar.dispatchEvent("pointerdown", {
    pointerType: "touch",
    clientX: (await bar.boundingBox())!.x + 20,
  });
  await expect(page.locator(".seek-preview")).toContainText(/0:0\d/);
  await expectLooks(page);
});

test("speed, keys and captions: chosen once, they are there again; the creator added them", async ({
  person,
  db,
}) => {
  const { people, path, stream } = await insertReplay(db);
  const host = await (await person({ userId: people.host.id })).newPage();
  await host.goto(`/account/streams/${stream.id}/captions`);
  const send = async (language: string, text: string) => {
    await host.getByLabel("Language").fill(language);
    await host
      .getByLabel("WebVTT file")
      .setInputFiles({ name: `${language}.vtt`, mimeType: "text/vtt", buffer: Buffer.from(text) });
    await host.getByRole("button", { name: "Add the captions" }).click();
  };
  await test.step("a file with mistakes is refused by its lines, and keeps the language", async () => {
    await send("German", "WEBVTT\n\n00:02.000 --> 00:01.000\n<script>no</script>\n");
    await expect(host.getByRole("alert")).toContainText("Line 3: This cue ends before it begins.");
    await expect(host.getByRole("alert")).toContainText("Line 4: <script> is HTML.");
    await expect(host.getByLabel("Language")).toHaveValue("German");
    await expectAccessible(host);
  });
  await send("German", "\u{feff}WEBVTT\r\n\r\n00:01.000 --> 00:20.000\r\nGuten <b>Abend</b>\r\n");
  await expect(host.getByText("The captions are added.")).toBeVisible();
  await expect(host.getByRole("rowheader", { name: "German" })).toBeVisible();
  await expectLooks(host);

  const viewer = await person({ userId: people.viewer.id });
  const page = await viewer.newPage();
  await page.goto(path);
  await ready(page);
  // What says that it loads, or that it does not, lies over it only then.
  const isSeen = () =>
    videoOf(page).evaluate((video: HTMLVideoElement) => {
      const { x, y, width, height } = video.getBoundingClientRect();
      return document.elementFromPoint(x + width / 2, y + height / 2) === video;
    });
  await expect.poll(isSeen).toBe(true);
  const shown = () =>
    videoOf(page).evaluate((video: HTMLVideoElement) =>
      [...video.textTracks]
        .filter(({ mode }) => mode === "showing")
        .flatMap(({ activeCues }) => [...(activeCues ?? [])].map((cue) => (cue as VTTCue).text)),
    );
  const playing = (value: "playbackRate" | "muted") =>
    videoOf(page).evaluate((video: HTMLVideoElement, value) => video[value], value);
  await barOf(page).press("ArrowRight");
  expect(await shown()).toEqual([]);
  await page.getByText("Captions", { exact: true }).click();
  await page.getByLabel("Language").selectOption({ label: "Deutsch" });
  await page.getByLabel("Size").selectOption({ label: "Very large" });
  await page.getByLabel("Background").selectOption({ label: "Dark on light" });
  await expect.poll(shown).toEqual(["Guten <b>Abend</b>"]);
  await expectAccessible(page);
  await page.getByLabel("Speed").selectOption("1.5");
  await expect.poll(() => playing("playbackRate")).toBe(1.5);

  await page.reload();
  await ready(page);
  await expect(videoOf(page)).toHaveAttribute("data-cue-size", "largest");
  await expect.poll(() => playing("playbackRate")).toBe(1.5);
  await barOf(page).press("ArrowRight");
  await expect.poll(shown).toEqual(["Guten <b>Abend</b>"]);
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("c");
  await expect.poll(shown).toEqual([]);
  await page.keyboard.press("<");
  await expect.poll(() => playing("playbackRate")).toBe(1.25);
  await page.keyboard.press("m");
  await expect.poll(() => playing("muted")).toBe(true);
  await page.keyboard.press("c");
  await expect.poll(shown).toEqual(["Guten <b>Abend</b>"]);

  await test.step("keys work the player also after a click on a slider", async () => {
    const volume = page.getByRole("slider", { name: "Volume" });
    await barOf(page).click();
    await page.keyboard.press("c");
    await expect.poll(shown).toEqual([]);
    await page.keyboard.press("0");
    await expect.poll(() => timeOf(page)).toBe(0);
    await page.keyboard.press("m");
    await expect.poll(() => playing("muted")).toBe(false);
    await page.keyboard.press("ArrowDown");
    await expect(volume).toHaveValue("90");
    expect(await timeOf(page)).toBe(0);
    await volume.click({ position: { x: 20, y: 20 } });
    const level = async () => Number(await volume.inputValue());
    // It shows what the player says, a moment later.
    await expect.poll(level).toBeLessThan(60);
    const low = await level();
    await page.keyboard.press("ArrowUp");
    await expect(volume).toHaveValue(`${low + 5}`);
    await page.keyboard.press("l");
    await expect.poll(() => timeOf(page)).toBeCloseTo(10, 0);
  });

  await host.getByRole("button", { name: "Remove the captions in German" }).click();
  await expect(host.getByText("The captions are removed.")).toBeVisible();
});

test("a replay that storage does not give stands still, says so, and goes on there once it does; it begins there again", async ({
  person,
  db,
}) => {
  const { people, path } = await insertReplay(db);
  const viewer = await person({ userId: people.viewer.id, expects: [/status of 503/] });
  const page = await viewer.newPage();
  let away = true;
  const slow = Promise.withResolvers<void>();
  // What comes after twelve seconds.
  await page.route("**/3/*.ts", async (route) => {
    await slow.promise;
    await (away ? route.fulfill({ status: 503 }) : route.continue());
  });
  await page.goto(path);
  const place = () => timeOf(page);
  await barOf(page).press("ArrowRight");
  await barOf(page).press("ArrowRight");
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await expect(page.getByText("Loading…", { exact: true })).toBeVisible();
  slow.resolve();
  const problem = page.getByRole("alert");
  await expect(problem).toHaveText("The recording cannot be read right now. We keep trying.", {
    timeout: 30_000,
  });
  expect(await place()).toBeGreaterThan(9);
  expect(await place()).toBeLessThan(12.5);
  away = false;
  await expect(problem).toBeHidden({ timeout: 30_000 });
  await expect.poll(place, { timeout: 20_000 }).toBeGreaterThan(13);
  await page.getByRole("button", { name: "Pause" }).click();
  const stopped = await place();
  await expect
    .poll(async () => Math.abs((await savedPlace(db, people.viewer.id)) - stopped))
    .toBeLessThan(0.2);
  await page.reload();
  await ready(page);
  await expect(page.getByText(/^Goes on where you stopped, at 0:1\d/)).toBeVisible();
  await expect.poll(async () => Math.abs((await place()) - stopped)).toBeLessThan(0.2);
});

test("the chat goes along with the picture, over a gap and after a jump, and leads to its moments", async ({
  person,
  db,
}) => {
  const many = Array.from({ length: 60 }, (_, place) => 3 + place / 100);
  const { people, path, stream, recordingId } = await insertReplay(db, [1, ...many, 20, 41, 45, 90]);
  const chapters = Array.from({ length: 20 }, (_, place) => ({
    ...{ recording_id: recordingId, at_ms: place * 1000, title: `Part ${place + 1}` },
  }));
  await db.insertInto("streaming_recording_chapters").values(chapters).execute();
  const page = await (await person({ userId: people.viewer.id, width: 360 })).newPage();
  await page.goto(path);
  await ready(page);
  const log = page.getByRole("log", { name: "What was said" });
  const message = (second: number) => log.getByText(`Said at ${second}`, { exact: true });
  const jump = async (to: string) => {
    await barOf(page).press("Home");
    for (let presses = 0; presses < Number(to); presses += 5) await barOf(page).press("ArrowRight");
  };
  await expect(log).toContainText("Nobody has said anything until here.");
  await jump("5");
  const atEnd = () =>
    log.evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < 2);
  await expect(message(3.59)).toBeAttached();
  await expect.poll(atEnd).toBe(true);
  await expect(message(20)).toBeHidden();
  await jump("15");
  for (const second of [20, 41]) await expect(message(second)).toBeVisible();
  await expect(message(45)).toBeHidden();
  await expectFits(page);
  await expectAccessible(page);

  await test.step("who scrolls up stays there, and follows again", async () => {
    await log.evaluate((element) => element.scrollTo({ top: 0 }));
    const follow = page.getByRole("button", { name: "Follow the picture" });
    await expect(follow).toBeVisible();
    await barOf(page).press("ArrowRight");
    await expect(message(45)).toBeAttached();
    expect(await atEnd()).toBe(false);
    await follow.click();
    expect(await atEnd()).toBe(true);
    await expect(follow).toBeHidden();
  });

  await test.step("a message leads to its moment", async () => {
    const item = log.getByRole("listitem").filter({ hasText: "Said at 41" });
    await item.getByRole("link").click();
    await expect.poll(() => timeOf(page)).toBeCloseTo(13, 1);
    await expect(message(45)).toBeHidden();
    await expect(videoOf(page)).toBeInViewport({ ratio: 0.9 });
  });

  await test.step("chapters stand below the chat, and bring the picture back into sight", async () => {
    const chapter = page.getByRole("link", { name: "Part 16" });
    await chapter.scrollIntoViewIfNeeded();
    await expect(videoOf(page)).not.toBeInViewport();
    await chapter.click();
    await expect.poll(() => timeOf(page)).toBeGreaterThan(15);
    await expect(videoOf(page)).toBeInViewport({ ratio: 0.9 });
    await page.goto(`${path}?t=13`);
    await ready(page);
    await expect.poll(() => timeOf(page)).toBeCloseTo(13, 1);
    await expect(message(41)).toBeVisible();
  });

  await test.step("what is deleted is gone from pages that show it", async () => {
    const moderator = await (await person({ userId: people.moderator!.id })).newPage();
    const { id } = await db
      .selectFrom("streaming_chat_messages")
      .select("id")
      .where("stream_id", "=", stream.id)
      .where("text", "=", "Said at 41")
      .executeTakeFirstOrThrow();
    await moderator.goto(`${path}/chat/messages/${id}`);
    await moderator
      .getByRole("button", { name: /^Delete/ })
      .first()
      .click();
    await expect(message(41)).toHaveCount(0);
    await expect(message(20)).toBeVisible();
  });

  await test.step("all of it is there, too, with what can be done about it", async () => {
    await page.getByRole("button", { name: "All of it" }).click();
    await expect(page.getByText("Said at 90", { exact: true })).toBeVisible();
    await expectFits(page);
  });
});

test("without scripts a replay plays in the browser's own player, with its captions, and the chat as a list of moments", async ({
  person,
  db,
}) => {
  const { people, path, base, recordingId } = await insertReplay(
    db,
    [1, 41],
    [0, 40].map((seconds) => ({ set: "x264", startsAt: at(seconds) })),
  );
  await expect
    .poll(
      async () =>
        (
          await db
            .selectFrom("streaming_recording_exports")
            .select("status")
            .where("recording_id", "=", recordingId)
            .where("kind", "=", "mp4")
            .executeTakeFirst()
        )?.status,
      { timeout: 60_000 },
    )
    .toBe("ready");
  const captions = {
    recording_id: recordingId,
    language: "de",
    vtt: "WEBVTT\n",
    bytes: 7,
    cues: 1,
    ends_ms: 0,
  };
  await db
    .insertInto("streaming_recording_captions")
    .values({ ...captions, added_by: people.host.id })
    .execute();
  const viewer = await person({
    ...{ userId: people.viewer.id, script: false, width: 360 },
    expects: [/ERR_FAILED/],
  });
  const page = await viewer.newPage();
  // As a browser that knows no playlists has it.
  await page.route("**/index.m3u8", (route) => route.abort());
  await page.goto(path);
  const video = videoOf(page);
  await expect(video).toHaveAttribute("controls");
  await expect(video.locator("track")).toHaveAttribute("src", `${base}/captions/de.vtt`);
  await expect(barOf(page)).toBeHidden();
  const sources = () =>
    video.locator("source").evaluateAll((all) => all.map((source) => source.getAttribute("src")));
  expect(await sources()).toEqual([`${base}/index.m3u8`, `${base}/video.mp4`]);
  const playsFrom = async (seconds: number) => {
    await video.evaluate(async (element: HTMLVideoElement) => {
      element.muted = true;
      await element.play();
    });
    // No clock of the page's own runs in it.
    await expect.poll(() => timeOf(page)).toBeGreaterThan(seconds + 0.3);
    expect(await timeOf(page)).toBeLessThan(seconds + 4);
    expect(await video.evaluate((element: HTMLVideoElement) => element.currentSrc)).toContain("/video.mp4");
  };
  await playsFrom(0);
  await expectFits(page);
  const list = page.frameLocator("iframe[title='Chat: what was said']");
  await expect(list.getByText("Said at 41")).toBeVisible();
  await list.getByRole("link", { name: "0:07" }).click();
  await page.waitForURL(`**${path}?t=7`);
  expect(await sources()).toEqual([`${base}/index.m3u8#t=7`, `${base}/video.mp4#t=7`]);
  await playsFrom(7);
});
