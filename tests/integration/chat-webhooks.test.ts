import { createHmac, randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { admitToChat } from "#app/domain/chat/admission.ts";
import { listMessages } from "#app/domain/chat/messages.ts";
import { sayMessage } from "#app/domain/chat/say.ts";
import { insertPeople, unique } from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { startMachinesWeb } from "./machines-web.ts";
import { openTestServices } from "./setup.ts";

const [secret, former] = ["a-secret-of-the-chat-of-now", "a-secret-of-the-chat-before"];

let test: Awaited<ReturnType<typeof openTestServices>>;
let web: Awaited<ReturnType<typeof startMachinesWeb>>;
let world: Awaited<ReturnType<typeof insertPeople>>;
let channelId: string;
let messageId: string;
beforeAll(async () => {
  test = await openTestServices({
    env: {
      STREAM_URL: "http://127.0.0.1:9",
      STREAM_API_KEY: "chat-key",
      STREAM_API_SECRET: `${secret},${former}`,
    },
  });
  web = await startMachinesWeb(test.services);
});
beforeEach(async () => {
  await sql`truncate pgboss.job, webhook_events`.execute(test.db);
  world = await insertPeople(test.db, { status: "live" });
  messageId = randomUUID();
  const said = { streamId: world.stream.id, userId: world.people.viewer.id, id: messageId, text: "Hello" };
  expect(await sayMessage(test.db, said)).toMatchObject({ ok: true });
  const room = await test.db
    .selectFrom("streaming_chat_rooms")
    .select("channel_id")
    .where("stream_id", "=", world.stream.id)
    .executeTakeFirstOrThrow();
  channelId = room.channel_id;
});
afterAll(async () => {
  await web.close();
  await test.close();
});

type Event = { type: string; channel_id?: string; [field: string]: unknown };

const sign = (body: string | Buffer, by = secret) => createHmac("sha256", by).update(body).digest("hex");

async function deliver(body: string | Buffer, headers: Record<string, string>): Promise<number> {
  const answer = await fetch(`${web.url}/webhooks/chat`, {
    method: "POST",
    body: new Uint8Array(Buffer.from(body)),
    headers: { "content-type": "application/json", "x-webhook-id": randomUUID(), ...headers },
  });
  expect(await answer.text()).toMatch(/^[A-Z][^<]*\.\n$|^ok\n$/);
  return answer.status;
}

const send = (event: Event, by?: string) => {
  const body = JSON.stringify(event);
  return deliver(body, { "x-signature": sign(body, by) });
};

const about = (type: string, more: object = {}): Event => ({
  type,
  cid: `frontrow_stream:${channelId}`,
  channel_id: channelId,
  message: { id: messageId, text: "Somebody else's words", user: { id: world.people.viewer.id } },
  ...more,
});

const stored = () => test.db.selectFrom("webhook_events").selectAll().execute();
const compared = async () =>
  (
    await sql<{ id: string }>`
      select data ->> 'streamId' as id from pgboss.job where name = 'chat.compare'
    `.execute(test.db)
  ).rows.map(({ id }) => id);
const read = async () =>
  (await listMessages(test.db, { streamId: world.stream.id, userId: world.people.viewer.id })).messages.map(
    ({ text }) => text,
  );

describe("what the chat service tells", () => {
  it.each([
    ["with another signature", (body: string) => sign(body, "another-secret")],
    ["with the signature of another body", () => sign("{}")],
    ["with no signature", () => ""],
    [
      "with a person's own token as its signature",
      () => test.services.chat.mintToken(world.people.viewer.id, { issuedAt: 1, expiresAt: 4_000_000_000 }),
    ],
  ])("%s is refused, and nothing is kept", async (_, signature) => {
    const before = await everything(test.db);
    const body = JSON.stringify(about("message.deleted"));
    expect(await deliver(body, { "x-signature": String(await signature(body)) })).toBe(401);
    expect(await everything(test.db)).toBe(before);
  });

  it("is taken with the former secret too, while one takes the other's place, and gzipped", async () => {
    expect(await send(about("message.read"), former)).toBe(200);
    const body = JSON.stringify(about("message.read", { more: 1 }));
    expect(await deliver(gzipSync(body), { "x-signature": sign(body), "content-encoding": "gzip" })).toBe(
      200,
    );
    expect(await stored()).toHaveLength(2);
  });

  it("is one event, however often its body comes and under whatever id; of its words nothing is kept", async () => {
    const event = about("message.updated");
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(event)));
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(await stored()).toHaveLength(1);
    expect(await compared()).toEqual([world.stream.id]);
    expect(JSON.stringify(await stored())).not.toContain("Somebody else's words");
    expect(await read()).toEqual(["Hello"]);
  });

  it("out of order changes nothing of ours: what differs is compared", async () => {
    for (const type of ["message.deleted", "message.undeleted", "message.new", "message.updated"])
      expect(await send(about(type))).toBe(200);
    expect(await read()).toEqual(["Hello"]);
    // Once a second: what came after the first look was queued asks for one more.
    expect(new Set(await compared())).toEqual(new Set([world.stream.id]));
  });

  it("of a channel or a message that is not ours is taken, and does nothing", async () => {
    const before = await read();
    expect(await send(about("message.new", { channel_id: unique("channel") }))).toBe(200);
    expect(await send({ type: "user.updated" })).toBe(200);
    expect(await compared()).toEqual([]);
    expect(await send(about("message.new", { message: { id: randomUUID() } }))).toBe(200);
    expect(await compared()).toEqual([world.stream.id]);
    expect(await read()).toEqual(before);
  });

  it.each([
    ["a megabyte", () => JSON.stringify(about("message.new", { fill: "x".repeat(1_000_000) })), 413],
    ["no JSON", () => "{", 400],
    ["nothing", () => "", 400],
    ["a list", () => "[1]", 400],
    ["no type", () => "{}", 400],
    ["a type that is no text", () => JSON.stringify({ type: 7 }), 400],
  ])("of %s is refused in words, and nothing is kept", async (_, make, status) => {
    const body = make();
    expect(await deliver(body, { "x-signature": sign(body) })).toBe(status);
    expect(await stored()).toEqual([]);
  });

  it("of letters that our database cannot hold does not keep the others out", async () => {
    const odd = { id: "\0\ud800", text: "x" };
    const answers = await Promise.all([
      send(about("message.new\0\ud800", { channel_id: "\0\ud800", message: odd, user: odd })),
      send(about("message.read")),
    ]);
    expect(answers).toEqual([200, 200]);
    expect(await stored()).toHaveLength(2);
  });

  it("that fills a megabyte only when it is unpacked is refused as well", async () => {
    const body = JSON.stringify(about("message.new", { fill: "x".repeat(1_000_000) }));
    const status = await deliver(gzipSync(body), { "x-signature": sign(body), "content-encoding": "gzip" });
    expect(status).toBe(413);
    expect(await stored()).toEqual([]);
  });
});

it("a chat webhook's words are not a way in: who may not watch is not admitted by one", async () => {
  await send({ ...about("member.added"), member: { user_id: world.people.stranger.id } });
  const person = { streamId: world.stream.id, userId: world.people.stranger.id };
  expect((await admitToChat(test.services, person))?.ok).not.toBe(true);
});
