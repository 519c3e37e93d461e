import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ReplayedMessages } from "#app/domain/chat/replayed.ts";
import { deleteMessage } from "#app/domain/moderation/messages.ts";
import { finalizeRecording } from "#app/domain/recordings/finalize.ts";
import { insertPeople } from "#tests/factories.ts";
import { browse } from "./pages.ts";
import { insertStoppedRecording } from "./recording-fixtures.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
let house: Awaited<ReturnType<typeof insertPeople>>;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const start = Date.parse("2026-11-23T12:00:00Z");

/** Two attempts of 6 s; the second began 40 s after the first. */
beforeEach(async () => {
  house = await insertPeople(web.db, { status: "live" });
  const second = { set: "x264", startsAt: new Date(start + 40_000) } as const;
  const { services } = web;
  const { recordingId } = await insertStoppedRecording(services, house.stream.id, [{ set: "x264" }, second]);
  await finalizeRecording(services, { recordingId });
}, 60_000);

const { cookieOf, visit } = browse(() => web);
const as = (who: keyof typeof house.people) => cookieOf(house.people[who]);

/** What a viewer said so many seconds after the recording began. */
async function say(seconds: number[], words = (second: number) => `At ${second}`): Promise<string[]> {
  const streamId = house.stream.id;
  await web.db
    .insertInto("streaming_chat_rooms")
    .values({ stream_id: streamId, last_number: seconds.length })
    .execute();
  const rows = seconds.map((second, place) => ({
    id: randomUUID(),
    stream_id: streamId,
    number: place + 1,
    user_id: house.people.viewer.id,
    role: "viewer",
    text: words(second),
    said_at: new Date(start + second * 1000),
    delivered_at: new Date(),
  }));
  await web.db.insertInto("streaming_chat_messages").values(rows).execute();
  return rows.map(({ id }) => id);
}

async function read(query: string, who: keyof typeof house.people = "viewer") {
  const answer = await web.fetch(`${house.path}/chat/replay.json${query}`, {
    cookie: await as(who),
    headers: { accept: "application/json" },
  });
  return { status: answer.status, found: (await answer.json()) as ReplayedMessages };
}

const moments = ({ messages }: ReplayedMessages) => messages.map(({ text, atMs }) => [text, atMs]);

describe("what was said beside a replay", () => {
  it("stands at its moment of the recording; over a gap, before and after it, at the next that there is", async () => {
    await say([-100, 1, 5.5, 10, 39, 41, 45, 50, 500]);
    const { status, found } = await read("?at=0");
    expect(status).toBe(200);
    expect(moments(found)).toEqual([
      ["At -100", 0],
      ["At 1", 1000],
      ["At 5.5", 5500],
      ["At 10", 6000],
      ["At 39", 6000],
      ["At 41", 7000],
      ["At 45", 11_000],
      ["At 50", 12_000],
      ["At 500", 12_000],
    ]);
    expect(found).toMatchObject({ earlier: false, later: false });
  });

  it("is read around a moment, and on from there in both directions, with none left out and none twice", async () => {
    await say(Array.from({ length: 450 }, (_, place) => place / 100));
    const { found } = await read("?at=2500");
    const texts = found.messages.map(({ number }) => number);
    expect([texts[0], texts.at(-1), found.earlier, found.later]).toEqual([152, 351, true, true]);
    expect(found.messages.filter(({ atMs }) => atMs <= 2500).at(-1)?.number).toBe(251);
    const after = (await read("?after=351")).found;
    expect([after.messages[0]?.number, after.messages.at(-1)?.number, after.later]).toEqual([
      352,
      450,
      false,
    ]);
    const before = (await read("?before=152")).found;
    expect([before.messages[0]?.number, before.messages.at(-1)?.number, before.earlier]).toEqual([
      52,
      151,
      true,
    ]);
    const end = (await read("?at=12000")).found;
    expect([end.messages[0]?.number, end.messages.at(-1)?.number, end.later]).toEqual([351, 450, false]);
  });

  it("is never what was deleted, also later", async () => {
    const [, second] = await say([1, 2, 3]);
    await deleteMessage(web.services, {
      streamId: house.stream.id,
      actorId: house.people.moderator!.id,
      messageId: second!,
      reason: "",
    });
    expect(moments((await read("?at=5000")).found)).toEqual([
      ["At 1", 1000],
      ["At 3", 3000],
    ]);
    const page = await visit(`${house.path}/chat/replay`, await as("viewer"));
    expect(page.words).not.toContain("At 2");
  });

  it("answers nonsense in its address with its beginning", async () => {
    await say([1, 2]);
    for (const query of ["", "?at=-5", "?at=soon", "?at=", "?after=x", "?before=1e3"])
      expect(moments((await read(query)).found)).toHaveLength(2);
  });

  it("is there for who may watch, and for nobody else", async () => {
    await say([1]);
    const answers: Record<string, number> = {};
    for (const who of Object.keys(house.people) as (keyof typeof house.people)[])
      answers[who] = (await read("?at=0", who)).status;
    expect(answers).toEqual({
      ...{ nobody: 401, stranger: 403, ended: 403, banned: 403, otherOwner: 403 },
      ...{ viewer: 200, moderator: 200, host: 200, owner: 200 },
    });
  });
});

describe("without scripts", () => {
  it("it is a list in which each time leads to its moment", async () => {
    await say([-5, 1.9, 44], (second) => `<b>${second}</b> https://example.com`);
    const { status, html, words } = await visit(`${house.path}/chat/replay`, await as("viewer"));
    expect(status).toBe(200);
    expect(words).toMatch(/0:00 .*0:01 .*0:10 /);
    expect(html).toContain(`href="${house.path}?t=10" target="_top"`);
    expect(html).not.toContain("<b>1.9</b>");
  });

  it("long ones have pages, from the moment on that the page was opened at", async () => {
    await say(Array.from({ length: 250 }, (_, place) => place / 50));
    const cookie = await as("viewer");
    const { html } = await visit(`${house.path}/chat/replay?at=4000`, cookie);
    const earlier = /href="([^"]*before=\d+)"/.exec(html)![1]!;
    expect(html).not.toMatch(/after=\d/);
    const before = await visit(earlier, cookie);
    expect(before.html).toMatch(/At 0.02</);
    expect(before.html).toMatch(/after=\d/);
  });

  it("the page begins at the moment that its address asks for, in both kinds of file", async () => {
    const cookie = await as("viewer");
    const sources = async (query: string) =>
      [...(await visit(house.path + query, cookie)).html.matchAll(/<source src="[^"]*?(#[^"]*)?"/g)].map(
        ([, hash]) => hash,
      );
    expect(await sources("?t=10")).toEqual(["#t=10"]);
    for (const query of ["", "?t=-1", "?t=abc", "?t=12", "?t=99999999", "?t="])
      expect([query, await sources(query)]).toEqual([query, [undefined]]);
    await web.db
      .updateTable("streams")
      .set({ chat_after_minutes: 0 })
      .where("id", "=", house.stream.id)
      .execute();
    const { html } = await visit(`${house.path}?t=10`, cookie);
    expect(html).toContain(`${house.path}/chat/replay?at=10000`);
  });
});
