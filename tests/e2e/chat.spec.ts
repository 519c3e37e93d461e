import type { FrameLocator, Page } from "@playwright/test";
import { sql } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { endStream, goLive } from "#tests/browser/people.ts";
import { advances } from "#tests/browser/picture.ts";
import { insertGrant, insertPeople, insertUser } from "#tests/factories.ts";
import {
  expect,
  expectAccessible,
  expectBegins,
  expectStartedAgain,
  pidOf,
  test,
  type World,
} from "./world.ts";

const log = (page: Page) => page.getByRole("log", { name: "What was said" });
const field = (page: Page) => page.getByLabel("Message", { exact: true });
const listOf = (page: Page): FrameLocator => page.frameLocator('iframe[title="Chat: what was said"]');
const writeOf = (page: Page): FrameLocator => page.frameLocator('iframe[title="Chat: say something"]');

async function say(page: Page, text: string) {
  await field(page).fill(text);
  await field(page).press("Enter");
}

/** The message itself, and not one that quotes it. */
const messageWith = (page: Page, text: string) =>
  log(page)
    .getByRole("listitem")
    .filter({ has: page.locator(".chat-text", { hasText: text }) });

async function openMenu(page: Page, text: string) {
  const message = messageWith(page, text);
  await message.hover();
  await message.getByRole("button", { name: /^What to do with/ }).click();
}

/** Chooses from the menu of the message with this text. */
async function choose(page: Page, text: string, item: string | RegExp) {
  await openMenu(page, text);
  await page
    .getByRole("menu")
    .getByRole("menuitem", { name: item, exact: typeof item === "string" })
    .click();
}

async function name(db: World["db"], userId: string, words: string) {
  await db.updateTable("users").set({ name: words }).where("id", "=", userId).execute();
}

/** What a browser says when there is no room to join: in a hall without a picture. */
const noRoom = /\/rtc\/v1/;
const away = /ERR_CONNECTION|ERR_EMPTY|ERR_SOCKET|WebSocket (connection|is already)|status of 50/;

type HallOptions = {
  /** Whether the host is really on the air. Without, nothing is sent, and the machine has time for the rest. */
  picture: boolean;
  expects?: RegExp[];
};

/** A live stream with its host in the studio, a moderator and a viewer on the watch page, and one without scripts. */
async function openHall(
  { person, db }: Pick<World, "person" | "db">,
  { picture, expects = [] }: HallOptions,
) {
  const status = picture ? "scheduled" : "live";
  const { people, path: address, stream, pass } = await insertPeople(db, { status });
  const plain = await insertUser(db, { name: "Nora" });
  await insertGrant(db, { passId: pass.id, userId: plain.id });
  await name(db, people.host.id, "Hana");
  await name(db, people.moderator.id, "Mo");
  await name(db, people.viewer.id, "Vera");
  const open = async (userId: string, to: string, script = true) => {
    const context = await person({ userId, script, expects: picture ? expects : [...expects, noRoom] });
    const page = await context.newPage();
    await page.goto(to);
    return page;
  };
  const studio = await open(people.host.id, `/account/streams/${stream.id}`);
  if (picture) await goLive(studio);
  const moderator = await open(people.moderator.id, address);
  const viewer = await open(people.viewer.id, address);
  const nora = await open(plain.id, address, false);
  if (picture) await expectBegins(viewer.getByLabel("The host's camera"));
  for (const page of [studio, moderator, viewer]) await expect(field(page)).toBeVisible({ timeout: 30_000 });
  return { address, stream, people, studio, moderator, viewer, nora, scripted: [studio, moderator, viewer] };
}

type Hall = Awaited<ReturnType<typeof openHall>>;

const seenByAll = async ({ scripted, nora }: Hall, text: string) => {
  for (const page of scripted) await expect(messageWith(page, text)).toBeVisible();
  await expect(listOf(nora).locator(".chat-message .chat-text", { hasText: text })).toBeVisible();
};
const goneForAll = async ({ scripted, nora }: Hall, text: string) => {
  for (const page of scripted) await expect(log(page).getByText(text)).toHaveCount(0);
  await expect(listOf(nora).getByText(text)).toHaveCount(0);
};

test("four people talk, one of them without scripts, and moderators hold the chat", async ({
  person,
  db,
}) => {
  test.setTimeout(240_000);
  const hall = await openHall({ person, db }, { picture: false });
  const { studio, moderator, viewer, nora, stream, people } = hall;

  await test.step("talk", async () => {
    await say(viewer, "Hello from Vera");
    await say(studio, "Welcome, says Hana");
    await say(moderator, "Mo is here too");
    await writeOf(nora).getByLabel("Say something").fill("Nora has no scripts");
    await writeOf(nora).getByRole("button", { name: "Send" }).click();
    await expect(writeOf(nora).getByText("Sent.")).toBeVisible();
    for (const text of ["Hello from Vera", "Welcome, says Hana", "Mo is here too", "Nora has no scripts"])
      await seenByAll(hall, text);
    await expect(messageWith(viewer, "Welcome").getByText("Host", { exact: true })).toBeVisible();
  });

  await test.step("a time-out begins", async () => {
    await choose(moderator, "Hello from Vera", /^Time out/);
    await moderator.getByLabel("For how long").selectOption("10");
    await moderator.getByLabel("Reason").fill("Too loud");
    await moderator.getByRole("button", { name: "Start the time-out" }).click();
    await expect(viewer.getByText(/You are in a time-out for .* Reason: Too loud/)).toBeVisible();
  });

  await test.step("a reply and a reaction", async () => {
    await choose(moderator, "Hello from Vera", "Reply");
    await say(moderator, "Hello back");
    await expect(messageWith(viewer, "Hello back")).toContainText("Vera");
    await openMenu(moderator, "Welcome");
    await moderator.getByRole("menuitemcheckbox").first().click();
    await expect(messageWith(studio, "Welcome").getByRole("button", { name: /, 1$/ })).toBeVisible();
  });

  await test.step("a deletion that is undone, and one that is not", async () => {
    await choose(moderator, "Hello from Vera", "Delete");
    await expect(messageWith(viewer, "Hello from Vera")).toHaveCount(0);
    await moderator.getByRole("button", { name: "Undo" }).click();
    await seenByAll(hall, "Hello from Vera");
    await choose(moderator, "Nora has no scripts", "Delete");
    await goneForAll(hall, "Nora has no scripts");
  });

  await test.step("what is pinned stands on top, and a frozen chat is the team's", async () => {
    await choose(moderator, "Welcome, says Hana", "Pin");
    await expect(viewer.getByLabel("Pinned")).toContainText("Welcome, says Hana");
    await expect(listOf(nora).getByText(/^Pinned/)).toContainText("Welcome, says Hana");
    await moderator.getByText("Settings", { exact: true }).click();
    await moderator.getByRole("button", { name: "Freeze the chat" }).click();
    await expect(viewer.getByText("only hosts and moderators can write now")).toBeVisible();
    await say(studio, "Said while frozen");
    await seenByAll(hall, "Said while frozen");
    await moderator.getByRole("button", { name: "Frozen: only the team writes" }).click();
    await expect(field(viewer)).toBeVisible();
  });

  await test.step("what a viewer reports is counted at once where the team looks", async () => {
    await choose(viewer, "Hello back", "Report…");
    await viewer.getByLabel("What is wrong with it").fill("Not kind");
    await viewer.getByRole("button", { name: "Report it" }).click();
    await expect(viewer.getByText("Somebody of the team looks at it.")).toBeVisible();
    for (const page of [studio, moderator])
      await expect(page.getByRole("link", { name: "1 report" }).first()).toBeVisible();
    await expect(viewer.getByRole("link", { name: "1 report" })).toHaveCount(0);
    await choose(moderator, "Hello back", "Delete");
    await expect(studio.getByRole("link", { name: "1 report" })).toHaveCount(0);
  });

  await test.step("a word that the space does not want to read", async () => {
    const page = await studio.context().newPage();
    await page.goto("/account/space/blocked-words");
    await page.getByLabel("One word on each line").fill("badger");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Saved. It counts from the next message on.")).toBeVisible();
    await page.close();
  });

  await test.step("slow mode, without scripts", async () => {
    await moderator.getByLabel("Slow mode").selectOption("10");
    await expect(viewer.getByText("Slow mode 10 s")).toBeVisible();
    const write = writeOf(nora);
    for (const text of ["Nora once", "Nora twice"]) {
      await write.getByLabel("Say something").fill(text);
      await write.getByRole("button", { name: "Send" }).click();
      if (text === "Nora once") await expect(write.getByLabel("Say something")).toHaveValue("");
    }
    await expect(write.getByText("Slow mode is on: one message every 10 seconds.")).toBeVisible();
    await expect(write.getByLabel("Say something")).toHaveValue("Nora twice");
    await expect(messageWith(studio, "Nora twice")).toHaveCount(0);
  });

  await test.step("the time-out ends by itself, and slow mode counts down", async () => {
    // What is left of its minutes is like their end.
    await expect(viewer.getByText(/You are in a time-out/)).toBeVisible();
    await db.transaction().execute(async (trx) => {
      await sql`
        update streaming_chat_timeouts set until = now() + interval '10 seconds' where stream_id = ${stream.id}
      `.execute(trx);
      await notifyChange(trx, { kind: "silence", streamId: stream.id, userId: people.viewer.id });
    });
    await expect(viewer.getByText(/You are in a time-out for \d+ s/)).toBeVisible();
    await expect(viewer.getByText(/You are in a time-out/)).toHaveCount(0);
    await say(viewer, "I am a BÁDGER");
    await expect(viewer.getByText("This space does not allow “badger” in its chat.")).toBeVisible();
    await expect(field(viewer)).toHaveValue("I am a BÁDGER");
    await say(viewer, "Back again");
    await seenByAll(hall, "Back again");
    await expect(viewer.getByText(/You can write again in \d/)).toBeVisible();
    await expect(viewer.getByText(/You can write again/)).toHaveCount(0);
    await say(viewer, "And again");
    await seenByAll(hall, "And again");
    await moderator.getByLabel("Slow mode").selectOption("0");
    await expect(viewer.getByText("Slow mode 10 s")).toHaveCount(0);
  });
});

test(
  "while the chat's server is killed twice the picture goes on, nothing is lost and nothing comes twice",
  { tag: "@alone" },
  async ({ person, db }) => {
    test.setTimeout(240_000);
    const hall = await openHall({ person, db }, { picture: true, expects: [away] });
    const { studio, moderator, viewer, nora, stream } = hall;
    const kept = async () => {
      const rows = await db
        .selectFrom("streaming_chat_messages")
        .select("text")
        .where("stream_id", "=", stream.id)
        .orderBy("number")
        .execute();
      return rows.map(({ text }) => text);
    };
    const texts: string[] = [];
    for (const round of [1, 2]) {
      const pid = pidOf("chat");
      process.kill(pid, "SIGKILL");
      for (const [who, page] of [["Vera", viewer] as const, ["Mo", moderator] as const]) {
        const text = `${who} in round ${round}`;
        await say(page, text);
        texts.push(text);
        await expect(messageWith(page, text)).toBeVisible();
        // A page shows what it sends before it is kept: the next to speak comes after it.
        await expect.poll(kept).toContain(text);
      }
      expect(await advances(viewer.getByLabel("The host's camera"))).toBe(true);
      await expectStartedAgain("chat", pid);
    }
    for (const text of texts) await seenByAll(hall, text);
    const waiting = () =>
      db
        .selectFrom("streaming_chat_messages")
        .select("text")
        .where("stream_id", "=", stream.id)
        .where("delivered_at", "is", null)
        .execute();
    await expect.poll(waiting, { timeout: 40_000 }).toEqual([]);
    await viewer.reload();
    await expect(messageWith(viewer, texts.at(-1)!)).toBeVisible({ timeout: 30_000 });
    for (const text of texts) await expect(messageWith(viewer, text)).toHaveCount(1);
    expect(await kept()).toEqual(texts);

    await test.step("without scripts the page stays under who writes, and says that the stream has ended", async () => {
      await writeOf(nora).getByLabel("Say something").fill("Half a sent");
      await endStream(studio);
      await expect(listOf(nora).getByText(/The stream has ended|The replay is ready/)).toBeVisible();
      await expect(writeOf(nora).getByLabel("Say something")).toHaveValue("Half a sent");
      await listOf(nora).getByRole("link", { name: "Show it" }).click();
      await expect(nora.getByText(/It was live on/)).toBeVisible();
      await expect(nora.getByText("Loading the chat…")).toBeHidden();
      await expect(listOf(nora).getByText(texts[0]!)).toBeVisible();
    });
  },
);

test("a ban takes the picture, the chat and the replay at once, in every tab, and its end gives them back", async ({
  person,
  db,
}) => {
  test.setTimeout(240_000);
  const hall = await openHall({ person, db }, { picture: true });
  const { studio, moderator, viewer, address } = hall;
  const second = await viewer.context().newPage();
  await second.goto(address);
  await expect(second.getByLabel("The host's camera")).toBeVisible();
  const frames: string[] = [];
  moderator.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => frames.push(String(payload))),
  );
  // Until a page watches the channel, messages come from us and not from the chat service.
  const watches = moderator.waitForResponse((answer) => /\/channels\/.*\/query/.test(answer.url()));
  await moderator.reload();
  await watches;
  await expect(field(moderator)).toBeVisible({ timeout: 30_000 });
  await say(viewer, "Soon banned");
  await seenByAll(hall, "Soon banned");
  const channelOf = (text: string) => {
    const frame = frames.find((each) => each.includes('"message.new"') && each.includes(text));
    return frame && (JSON.parse(frame) as { cid: string }).cid;
  };
  await expect.poll(() => channelOf("Soon banned")).toBeDefined();

  await choose(moderator, "Soon banned", /^Ban/);
  await moderator.getByLabel("From what").selectOption("space");
  await moderator.getByLabel("For how long").selectOption("7");
  await moderator.getByLabel("Reason").fill("Shouting all evening");
  await moderator.getByRole("button", { name: "Ban", exact: true }).click();
  for (const page of [viewer, second]) {
    await expect(page.getByText(/has banned you from its streams/)).toBeVisible();
    await expect(page.getByText("Shouting all evening")).toBeVisible();
    await expect(page.getByText(/The ban ends/)).toBeVisible();
    await expect(page.locator("video")).toHaveCount(0);
    await expect(page.getByRole("log")).toHaveCount(0);
  }
  await viewer.reload();
  await expect(viewer.getByText(/has banned you from its streams/)).toBeVisible();
  expect(await advances(moderator.getByLabel("The host's camera"))).toBe(true);
  const said = await viewer.request.post(`${address}/chat/messages`, {
    form: { id: crypto.randomUUID(), text: "Still here" },
    headers: { Accept: "application/json", Origin: new URL(viewer.url()).origin },
  });
  expect(said.status()).toBe(403);
  await second.close();

  await test.step("the chat goes on in another channel, in which the banned one never was", async () => {
    // While it moves, and until a page has followed, messages come from us and not from the chat service.
    let round = 0;
    await expect(async () => {
      round += 1;
      const text = `We go on, ${round}.`;
      await say(studio, text);
      await expect(messageWith(moderator, text)).toBeVisible();
      await expect.poll(() => channelOf(text), { timeout: 4_000 }).toBeDefined();
      expect(channelOf(text)).not.toBe(channelOf("Soon banned"));
    }).toPass({ timeout: 60_000 });
  });

  await test.step("lifted, they are back", async () => {
    const page = await moderator.context().newPage();
    await page.goto("/account/space/bans");
    await page.getByRole("button", { name: "Lift the ban of Vera" }).click();
    await expect(page.getByText("The ban is lifted.")).toBeVisible();
    await page.close();
    await expect(viewer.getByLabel("The host's camera")).toBeVisible({ timeout: 30_000 });
    await expect(field(viewer)).toBeVisible({ timeout: 30_000 });
    await say(viewer, "Thank you");
    await seenByAll(hall, "Thank you");
  });

  await test.step("banned again, the replay is refused", async () => {
    await endStream(studio);
    await expect(viewer.locator("video")).toHaveCount(1, { timeout: 60_000 });
    let source: string | undefined;
    const readSource = () =>
      viewer.evaluate(() =>
        performance
          .getEntriesByType("resource")
          .map(({ name }) => name)
          .find((name) => name.includes("/media/")),
      );
    await expect.poll(async () => (source = await readSource())).toBeDefined();
    await choose(moderator, "Thank you", /^Ban/);
    await moderator.getByRole("button", { name: "Ban", exact: true }).click();
    await expect(viewer.getByText(/has banned you from this stream/)).toBeVisible();
    await expect(viewer.locator("video")).toHaveCount(0);
    expect((await viewer.request.get(source!)).status()).toBe(403);
  });
});

test("chat code that does not arrive leaves the picture alone, says so, and is asked for again", async ({
  person,
  db,
}) => {
  const { people, path: address, stream } = await insertPeople(db, { status: "scheduled" });
  const studio = await (await person({ userId: people.host.id })).newPage();
  await studio.goto(`/account/streams/${stream.id}`);
  await goLive(studio);
  const viewer = await (
    await person({ userId: people.viewer.id, expects: [/ERR_FAILED|dynamically imported module/] })
  ).newPage();
  await viewer.route(/chat-room\.client/, (route) => route.abort());
  await viewer.goto(address);
  await expect(viewer.getByText("The chat could not be loaded.")).toBeVisible({ timeout: 30_000 });
  await expectBegins(viewer.getByLabel("The host's camera"));
  expect(await advances(viewer.getByLabel("The host's camera"))).toBe(true);
  await viewer.unroute(/chat-room\.client/);
  await viewer.getByRole("button", { name: "Try again now" }).click();
  await expect(field(viewer)).toBeVisible({ timeout: 30_000 });
  await say(viewer, "Here at last");
  await expect(log(studio).getByText("Here at last")).toBeVisible();
  await endStream(studio);
});

test("on a phone the chat is under the picture, works by keyboard alone, and Axe finds nothing", async ({
  person,
  db,
}) => {
  const { people, path: address } = await insertPeople(db, { status: "live" });
  for (const scheme of ["light", "dark"] as const) {
    const page = await (
      await person({ userId: people.moderator.id, width: 360, scheme, expects: [/\/rtc\/v1/] })
    ).newPage();
    await page.goto(address);
    await expect(field(page)).toBeVisible({ timeout: 30_000 });
    await field(page).focus();
    await page.keyboard.type(`Typed in ${scheme}`);
    await page.keyboard.press("Enter");
    const message = log(page)
      .getByRole("listitem")
      .filter({ hasText: `Typed in ${scheme}` });
    await expect(message).toBeVisible();
    await message.getByRole("button", { name: /^What to do with/ }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("menu")).toBeVisible();
    await page.keyboard.press("End");
    await expect(page.getByRole("menuitem").last()).toBeFocused();
    await expectAccessible(page, ".chat");
    await page.keyboard.press("Escape");
    await expect(message.getByRole("button", { name: /^What to do with/ })).toBeFocused();
    // Ten seconds are enough only where the way to Undo is short.
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Delete", exact: true }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("button", { name: "Undo" })).toBeFocused();
    await expect(message).toHaveCount(0);
    await page.keyboard.press("Enter");
    await expect(message).toBeVisible();
    await expect(log(page)).toBeFocused();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(360);
    const [stage, chat] = await Promise.all([
      page.locator(".stage").first().boundingBox(),
      page.locator(".chat").boundingBox(),
    ]);
    expect(chat!.y).toBeGreaterThanOrEqual(stage!.y + stage!.height - 1);
    await field(page).fill("x".repeat(460));
    await expect(page.getByText("40 characters left")).toBeVisible();
    await field(page).fill("x".repeat(501));
    await expect(page.getByText("That is 1 character too long.")).toBeVisible();

    // What browsers without scripts have in the frame, and without its frame.
    await page.goto(`${address}/chat/settings`);
    await page.getByLabel("Slow mode, seconds").fill("121");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Slow mode is 0 (off) to 120 whole seconds.")).toBeVisible();
    await expect(page.getByLabel("Slow mode, seconds")).toHaveValue("121");
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  }
});
