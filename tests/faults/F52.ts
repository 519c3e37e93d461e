import { setTimeout as pause } from "node:timers/promises";
import type { Locator, Page } from "@playwright/test";
import { noMedia } from "#tests/browser/no-media.ts";
import { openProfile } from "#tests/browser/people.ts";
import { advances, isMagenta, mostly } from "#tests/browser/picture.ts";
import { delayedPicture, playsSoFar } from "#tests/browser/so-far.ts";
import { endGrant } from "./access-tools.ts";
import type { Fault, Tools } from "./fault.ts";
import { goOnAir, type OnAir, promise, recordingsOf, until } from "./studio-tools.ts";

export const name = "F52";
export const title =
  "No JavaScript, scripts that fail or come 20 s late, and a firewall that lets no WebRTC through";

const ways = [
  { what: "without JavaScript", script: false, seen: seenByBrowser, chats: true },
  { what: "with scripts that fail", script: true, seen: seenByBrowser, chats: true, prepare: failScripts },
  { what: "behind a firewall", script: true, seen: seenByOurs, chats: false, prepare: blockMedia },
] as const;

export const run: Fault["run"] = async (tools) => {
  const { db, web, say } = tools;
  const air = await goOnAir(tools);
  try {
    await air.watching.context().close();
    const recordingId = (await recordingsOf(tools, air.stream.id))[0]!.id;
    const playlist = `/media/${air.stream.id}/${recordingId}/live.m3u8`;
    const saw: string[] = [];
    const open = async ({
      script,
      prepare,
    }: {
      script: boolean;
      prepare?: (page: Page) => Promise<void>;
    }) => {
      const userId = air.people.viewer.id;
      const profile = await openProfile(air.viewerBrowser, { url: web.url, db, userId, script });
      const page = await profile.newPage();
      await prepare?.(page);
      return page;
    };
    for (const way of ways) {
      say(`${way.what} …`);
      const page = await open(way);
      const begun = performance.now();
      await page.goto(air.path, { waitUntil: "domcontentloaded" });
      await way.seen(page, air.path);
      saw.push(`${way.what}: seen after ${Math.round((performance.now() - begun) / 1000)} s`);
      if (way.chats) await talk(tools, air, page, `Said ${way.what}`);
      // A device gives up its place, which the next one needs.
      await page.request.post(`${web.url}/sign-out`, { headers: { origin: web.url } });
      await page.context().close();
    }

    say("with scripts that come 20 s late …");
    const late = await open({ script: true, prepare: delayEntry });
    await late.goto(air.path, { waitUntil: "domcontentloaded" });
    const { tookMs } = await until(
      () => late.locator('html[data-scripts="missing"]').count(),
      (count) => count === 1,
      { seconds: 15, words: "it stands without scripts" },
    );
    await talk(tools, air, late, "Said with late scripts");
    await late.getByLabel("The host's camera").waitFor({ timeout: 60_000 });
    promise(await advances(late.getByLabel("The host's camera")), "the direct picture moves");
    promise((await late.locator(".stand-in").count()) === 0, "what stood in for the scripts is gone");
    saw.push(`late scripts: words and forms ${tookMs} ms after the document, then the direct picture`);

    say("and the page is gated …");
    await endGrant(tools, air);
    await late.getByText("What opens it").waitFor();
    promise((await late.locator("video").count()) === 0, "no picture where it was playing");
    await late.close();
    for (const way of ways) {
      const page = await open(way);
      await page.goto(air.path, { waitUntil: "domcontentloaded" });
      await page.getByText("What opens it").waitFor();
      promise((await page.locator("video").count()) === 0, `no picture ${way.what} any more`);
      promise(!(await page.content()).includes(playlist), "nor an address of one");
      const refused = await page.request.get(playlist);
      promise(refused.status() === 403, `the playlist is refused (${refused.status()})`);
      await page.context().close();
    }
    return {
      did: "watched without JavaScript, with scripts refused, with scripts 20 s late, and with WebRTC blocked, and talked in all but the last; then took the pass back while the page with the late scripts was playing",
      saw: `${saw.join("; ")}; what was said was kept; with the pass all of it ended`,
    };
  } finally {
    await air.close();
  }
};

async function failScripts(page: Page) {
  await page.route("**/assets/*.js", (route) => route.abort());
}

async function blockMedia(page: Page) {
  await page.context().addInitScript(noMedia);
}

async function delayEntry(page: Page) {
  await page.route("**/assets/entry.client-*.js", async (route) => {
    await pause(20_000);
    await route.continue();
  });
}

/** The browser's own player, from a page whose links load it again. */
async function seenByBrowser(page: Page, path: string) {
  await until(
    async () => {
      const there = await comes(delayedPicture(page));
      if (!there) await page.goto(path, { waitUntil: "domcontentloaded" });
      return there;
    },
    (there) => there,
    { seconds: 60, words: "the page has a picture" },
  );
  await page.getByRole("link", { name: "what is recorded so far" }).click();
  await until(
    () => playsSoFar(page),
    (plays) => plays,
    { seconds: 60, words: "it plays" },
  );
}

const comes = (video: Locator) =>
  video.waitFor({ timeout: 2_000 }).then(
    () => true,
    () => false,
  );

async function seenByOurs(page: Page) {
  const video = delayedPicture(page);
  await video.waitFor({ timeout: 60_000 });
  await until(
    async () => (await advances(video)) && (await mostly(video, [0.5, 0.5], isMagenta)),
    (plays) => plays,
    { seconds: 60, words: "the delayed picture plays" },
  );
}

/** Says something by the form of the chat's frame, and finds it in the list. */
async function talk({ db }: Tools, { stream }: OnAir, page: Page, text: string) {
  const field = page.frameLocator('iframe[title="Chat: say something"]');
  await field.getByLabel("Say something").fill(text);
  await field.getByRole("button", { name: "Send" }).click();
  await field.getByText("Sent.").waitFor();
  const row = await db
    .selectFrom("streaming_chat_messages")
    .select("id")
    .where("stream_id", "=", stream.id)
    .where("text", "=", text)
    .executeTakeFirst();
  promise(row !== undefined, `“${text}” is kept`);
}
