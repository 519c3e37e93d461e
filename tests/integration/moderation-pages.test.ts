import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findAccess } from "#app/domain/access/decision.ts";
import { sayMessage } from "#app/domain/chat/say.ts";
import { listActs } from "#app/domain/moderation/log.ts";
import { deleteMessage } from "#app/domain/moderation/messages.ts";
import { banPerson, timeOut } from "#app/domain/moderation/people.ts";
import { reportMessage } from "#app/domain/moderation/reports.ts";
import { insertMember, insertPeople, insertUser } from "#tests/factories.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
let house: Awaited<ReturnType<typeof insertPeople>>;
beforeAll(async () => {
  web = await startTestWeb();
});
beforeEach(async () => {
  house = await insertPeople(web.db, { status: "live" });
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);
const streamId = () => house.stream.id;
const as = (who: keyof typeof house.people) => cookieOf(house.people[who]);

async function said(userId: string, text: string): Promise<string> {
  const done = await sayMessage(web.db, { streamId: streamId(), userId, id: randomUUID(), text });
  if (!done.ok) throw new Error(done.message);
  return done.message.id;
}

/** A deletion, a time-out and a ban, by the moderator. */
async function moderate() {
  const { moderator, viewer, stranger } = house.people;
  const by = { streamId: streamId(), actorId: moderator.id };
  const messageId = await said(viewer.id, "Buy this");
  await deleteMessage(web.services, { ...by, messageId, reason: "spam" });
  await timeOut(web.services, { ...by, targetId: viewer.id, minutes: 10, reason: '=HYPERLINK("x")' });
  await banPerson(web.services, {
    ...by,
    targetId: stranger!.id,
    scope: "space",
    days: 3,
    reason: "Again and again",
  });
}

describe("the log", () => {
  it("says who did what to whom, when, why and until when, of a stream and of the space", async () => {
    await moderate();
    for (const path of [`/account/streams/${streamId()}/moderation`, "/account/space/moderation"]) {
      const { status, words, html } = await visit(path, await as("host"));
      expect(status).toBe(200);
      expect(words).toMatch(/Banned from the whole space, for 3 days .*Again and again/);
      expect(words).toMatch(/Timed out for 10 minutes/);
      expect(words).toMatch(/Deleted a message message 1 .*spam/);
      expect(words.indexOf("Banned from")).toBeLessThan(words.indexOf("Deleted a message message"));
      expect(html).not.toContain("Buy this");
    }
  });

  it("shows addresses to hosts and owners, and not to moderators, also when they look for one", async () => {
    await moderate();
    const path = `/account/streams/${streamId()}/moderation`;
    const { email } = house.people.viewer;
    expect((await visit(path, await as("host"))).words).toContain(email);
    const { words, html } = await visit(path, await as("moderator"));
    expect(words).toContain("Timed out");
    expect(html).not.toContain(email);
    const looked = await visit(`${path}?q=${encodeURIComponent(email)}`, await as("moderator"));
    expect(looked.words).toContain("Nothing in the log is like this.");
    const csv = await web.fetch(`${path}.csv`, { cookie: await as("moderator") });
    expect(await csv.text()).not.toContain(email);
  });

  it("can be narrowed to a kind, a person and a time; nonsense in its address is left out", async () => {
    await moderate();
    const path = `/account/streams/${streamId()}/moderation`;
    const cookie = await as("host");
    const cells = async (query: string) =>
      [...(await visit(path + query, cookie)).html.matchAll(/<tr>/g)].length - 1;
    expect(await cells("")).toBe(3);
    expect(await cells("?kind=banned")).toBe(1);
    expect(await cells(`?q=${encodeURIComponent(house.people.viewer.email)}`)).toBe(2);
    expect(await cells("?q=%25")).toBe(-1);
    expect(await cells("?days=1")).toBe(3);
    expect(await cells("?days=-5&kind=nothing&before=x&q=%20")).toBe(3);
    await web.db
      .updateTable("moderation_acts")
      .set({ created_at: new Date(Date.now() - 3 * 24 * 3_600_000) })
      .where("stream_id", "=", streamId())
      .where("kind", "=", "banned")
      .execute();
    expect(await cells("?days=1")).toBe(2);
  });

  it("goes on at older acts, with none left out and none twice", async () => {
    const { moderator, viewer } = house.people;
    for (let minutes = 1; minutes <= 60; minutes += 1)
      await timeOut(web.services, {
        streamId: streamId(),
        actorId: moderator.id,
        targetId: viewer.id,
        minutes,
      });
    const path = `/account/streams/${streamId()}/moderation`;
    const seen: string[] = [];
    let query: string | undefined = "";
    while (query !== undefined) {
      const { html, words } = await visit(path + query, await as("host"));
      seen.push(...[...words.matchAll(/for (\d+) minutes?/g)].map(([, minutes]) => minutes!));
      const next = /<a[^>]*rel="next"[^>]*>/.exec(html)?.[0];
      query = next && /href="[^"?]*([^"]+)"/.exec(next)?.[1];
    }
    expect(seen).toEqual(Array.from({ length: 60 }, (_, index) => String(60 - index)));
  });

  it("is a file without formulas", async () => {
    await moderate();
    const answer = await web.fetch("/account/space/moderation.csv?kind=timed_out", {
      cookie: await as("owner"),
    });
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="moderation.csv"');
    const lines = (await answer.text()).trim().split("\r\n");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain(`"'=HYPERLINK(""x"")"`);
  });

  it("says so when nothing has been done", async () => {
    const { words } = await visit(`/account/streams/${streamId()}/moderation`, await as("moderator"));
    expect(words).toContain("Nobody has moderated anything yet.");
  });
});

describe("the list of blocked words", () => {
  const path = "/account/space/blocked-words";
  const versionIn = (html: string) => /name="version" value="([^"]*)"/.exec(html)?.[1] ?? "none";

  it("is kept as it was typed, counts at once, and stands in the log", async () => {
    const cookie = await as("moderator");
    const saved = await post(path, cookie, { words: "badger\n *moon* \n\nbadger", version: "" });
    expect(saved.status).toBe(303);
    const { html } = await visit(path, cookie);
    expect(html).toMatch(/badger\n\*moon\*<\/textarea>/);
    const { viewer } = house.people;
    const refused = await sayMessage(web.db, {
      streamId: streamId(),
      userId: viewer.id,
      id: randomUUID(),
      text: "HONEYM00N by moonlight",
    });
    expect(refused).toMatchObject({ ok: false, reason: "blocked_word" });
    const { entries } = await listActs(
      web.db,
      { spaceId: house.space.id, withMail: false },
      { before: null, most: 10 },
    );
    expect(entries).toMatchObject([{ kind: "words_changed", details: { added: 2, removed: 0 } }]);
  });

  it("of 10,000 lines is refused beside its field, with all of it still there", async () => {
    const words = Array.from({ length: 10_000 }, (_, index) => `word${index}`).join("\n");
    const refused = await post(path, await as("moderator"), { words, version: "" });
    expect(refused.status).toBe(400);
    expect(refused.words).toContain("This list has 10,000 lines. There is room for 1,000.");
    expect(refused.html).toContain("word9999</textarea>");
    expect(
      await web.db
        .selectFrom("space_blocked_words")
        .where("space_id", "=", house.space.id)
        .selectAll()
        .execute(),
    ).toEqual([]);
  });

  it("that somebody else has changed meanwhile is not overwritten", async () => {
    const before = versionIn((await visit(path, await as("host"))).html);
    await post(path, await as("moderator"), { words: "badger", version: before });
    const refused = await post(path, await as("host"), { words: "weasel", version: before });
    expect(refused.status).toBe(409);
    expect(refused.words).toContain("changed the list while you had it open");
    expect(refused.html).toContain("weasel</textarea>");
    const after = versionIn((await visit(path, await as("host"))).html);
    expect((await post(path, await as("host"), { words: "weasel", version: after })).status).toBe(303);
  });
});

describe("bans", () => {
  it("are listed with why and until when, and can be lifted, once", async () => {
    await moderate();
    const { stranger } = house.people;
    const cookie = await as("moderator");
    const page = await visit("/account/space/bans", cookie);
    expect(page.words).toMatch(/The whole space Again and again/);
    const ban = await web.db
      .selectFrom("space_bans")
      .select("id")
      .where("user_id", "=", stranger!.id)
      .where("space_id", "=", house.space.id)
      .executeTakeFirstOrThrow();
    const lift = `/account/space/bans/${ban.id}/removal`;
    expect((await post(lift, await cookieOf(house.people.otherOwner!), {})).status).toBe(404);
    expect((await post(lift, cookie, {})).status).toBe(303);
    expect((await post(lift, cookie, {})).status).toBe(404);
    expect((await visit("/account/space/bans", cookie)).words).not.toContain("Again and again");
    const access = await findAccess(web.db, { streamId: streamId(), userId: stranger!.id });
    expect(access?.reason).toBe("no_grant");
    const acts = await web.db
      .selectFrom("moderation_acts")
      .select(["kind", "stream_id", "target_user_id"])
      .where("space_id", "=", house.space.id)
      .where("kind", "=", "ban_lifted")
      .execute();
    expect(acts).toEqual([{ kind: "ban_lifted", stream_id: null, target_user_id: stranger!.id }]);
  });

  it("are told to whom they are of: from what, why and until when, and no pass is offered", async () => {
    const { moderator, viewer } = house.people;
    const by = { streamId: streamId(), actorId: moderator.id, targetId: viewer.id };
    const path = `/${house.space.slug}/${house.experience.slug}/streams/${house.stream.slug}`;
    await banPerson(web.services, { ...by, scope: "stream", days: 2, reason: "Shouting" });
    const { words, status } = await visit(path, await as("viewer"));
    expect(status).toBe(200);
    expect(words).toContain("has banned you from this stream.");
    expect(words).toMatch(/The reason they gave: Shouting/);
    expect(words).toContain("The ban ends");
    expect(words).not.toContain("What opens it");
    await banPerson(web.services, { ...by, scope: "space", days: null });
    expect((await visit(path, await as("viewer"))).words).toContain("The ban has no end.");
  });
});

describe("the queue of reports", () => {
  it("holds what was reported with why, and each is settled by deleting it or leaving it", async () => {
    const { viewer, host } = house.people;
    const other = await insertUser(web.db);
    await insertMember(web.db, { spaceId: house.space.id, userId: other.id, role: "moderator" });
    const [bad, fine] = [await said(viewer.id, "A bad word"), await said(viewer.id, "A fine word")];
    for (const userId of [host.id, other.id])
      await reportMessage(web.db, { streamId: streamId(), messageId: bad, userId, reason: "Rude <b>" });
    await reportMessage(web.db, { streamId: streamId(), messageId: fine, userId: host.id, reason: "" });
    const path = `/account/streams/${streamId()}/reports`;
    const cookie = await as("moderator");
    const page = await visit(path, cookie);
    expect(page.words).toMatch(/A bad word .*Rude &lt;b&gt; .*A fine word .*no reason given/);
    expect((await visit(`/account/streams/${streamId()}`, cookie)).words).toContain("2 reports");
    const chat = `/${house.space.slug}/${house.experience.slug}/streams/${house.stream.slug}/chat`;
    const deleted = await post(`${chat}/messages/${bad}/removal`, cookie, { back: path });
    expect([deleted.status, deleted.location]).toEqual([303, path]);
    const left = await post(`${chat}/messages/${fine}/dismissal`, cookie, { back: path });
    expect([left.status, left.location]).toEqual([303, path]);
    expect((await visit(path, cookie)).words).toContain("No message waits for a look.");
  });
});

describe("the chat's settings without scripts", () => {
  it("are a form of the team's, which keeps what was typed and says what is wrong beside its field", async () => {
    const chat = `/${house.space.slug}/${house.experience.slug}/streams/${house.stream.slug}/chat`;
    const cookie = await as("moderator");
    expect((await visit(chat, cookie)).html).toContain(`href="${chat}/settings"`);
    expect((await visit(chat, await as("viewer"))).html).not.toContain(`${chat}/settings`);
    const room = () =>
      web.db
        .selectFrom("streaming_chat_rooms")
        .select(["slow_mode_seconds", "frozen_at", "links_allowed"])
        .where("stream_id", "=", streamId())
        .executeTakeFirstOrThrow();
    const form = { frozen: "1", linksAllowed: "1", back: `${chat}/settings?saved` };
    for (const slowModeSeconds of ["-1", "121", "1.5", "soon", "", "9999999999"]) {
      const refused = await post(`${chat}/settings`, cookie, { ...form, slowModeSeconds });
      expect(refused.status).toBe(400);
      expect(refused.words).toMatch(/Slow mode is 0 \(off\) to 120 whole seconds\.|Write how many seconds/);
      expect(refused.html).toContain(`value="${slowModeSeconds}"`);
      expect(await room()).toMatchObject({ slow_mode_seconds: 0, frozen_at: null, links_allowed: false });
    }
    const saved = await post(`${chat}/settings`, cookie, { ...form, slowModeSeconds: "30" });
    expect([saved.status, saved.location]).toEqual([303, `${chat}/settings?saved`]);
    expect(await room()).toMatchObject({
      slow_mode_seconds: 30,
      frozen_at: expect.any(Date),
      links_allowed: true,
    });
    expect((await visit(`${chat}/settings?saved`, cookie)).words).toContain("Saved.");
  });
});

describe("a person's turns", () => {
  it("count whatever comes of them: refused messages, reactions, and passes", async () => {
    const chat = `/${house.space.slug}/${house.experience.slug}/streams/${house.stream.slug}/chat`;
    const cookie = await as("viewer");
    const messageId = await said(house.people.host.id, "Hello");
    const many = (path: string, count: number, form: () => Record<string, string>) =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const headers = { accept: "application/json" };
          return (await web.fetch(`${chat}/${path}`, { cookie, form: form(), headers })).status;
        }),
      );
    const refused = (statuses: number[]) => statuses.filter((status) => status === 429).length;
    const link = () => ({ id: randomUUID(), text: "see example.com" });
    expect(refused(await many("messages", 25, link))).toBe(5);
    const reaction = () => ({ kind: "heart", on: "1" });
    expect(refused(await many(`messages/${messageId}/reaction`, 33, reaction))).toBe(3);
    expect(refused(await many("pass", 31, () => ({})))).toBe(1);
    // Nobody else's.
    const other = await web.fetch(`${chat}/messages`, {
      ...{ cookie: await as("moderator"), form: { id: randomUUID(), text: "Order, please" } },
      headers: { accept: "application/json" },
    });
    expect(other.status).toBe(201);
    expect(
      (
        await web.db
          .selectFrom("streaming_chat_messages")
          .select("text")
          .where("stream_id", "=", streamId())
          .execute()
      )
        .map(({ text }) => text)
        .toSorted(),
    ).toEqual(["Hello", "Order, please"]);
  });
});

describe("when the chat is open", () => {
  it("is chosen in the stream's form, and refused in words when it makes no sense", async () => {
    const scheduled = await insertPeople(web.db, { status: "scheduled" });
    const cookie = await cookieOf(scheduled.people.host);
    const path = `/account/streams/${scheduled.stream.id}/edit`;
    const { html } = await visit(path, cookie);
    const field = (name: string) => new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(html)?.[1] ?? "";
    const typed = {
      title: "Evening",
      description: "",
      day: new Date(Date.now() + 7 * 24 * 3_600_000).toISOString().slice(0, 10),
      time: field("time"),
      zone: "Europe/Berlin",
      length: "1 h",
      version: field("version"),
    };
    for (const chatAfter of ["-1", "10081", "half an hour", "1.5"]) {
      const refused = await post(path, cookie, { ...typed, chatBefore: "always", chatAfter });
      expect(refused.status).toBe(400);
      expect(refused.words).toContain("Whole minutes, from 0 to 10,080 (a week).");
      expect(refused.html).toContain(`value="${chatAfter}"`);
    }
    expect((await post(path, cookie, { ...typed, chatBefore: "soon", chatAfter: "5" })).status).toBe(400);
    const saved = await post(path, cookie, { ...typed, chatBefore: "always", chatAfter: "5" });
    expect(saved.status).toBe(303);
    const row = await web.db
      .selectFrom("streams")
      .select(["chat_before", "chat_after_minutes"])
      .where("id", "=", scheduled.stream.id)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ chat_before: "always", chat_after_minutes: 5 });
  });
});
