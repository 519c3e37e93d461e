import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { StreamChat } from "stream-chat";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { admitToChat } from "#app/domain/chat/admission.ts";
import { compareChannel, sweepChannels } from "#app/domain/chat/compare.ts";
import { deliverMessage, deliverReaction, deliverWaiting } from "#app/domain/chat/delivery.ts";
import { listMessages } from "#app/domain/chat/messages.ts";
import { react } from "#app/domain/chat/reactions.ts";
import { removeFromChat, sweepChatMembers } from "#app/domain/chat/removal.ts";
import { findChatRoom } from "#app/domain/chat/rooms.ts";
import { sayMessage } from "#app/domain/chat/say.ts";
import { setChat } from "#app/domain/moderation/chat.ts";
import { timeOut } from "#app/domain/moderation/people.ts";
import { ago, insertGrant, insertPeople, insertUser } from "#tests/factories.ts";
import { openTestServices, withoutChat } from "./setup.ts";

let opened: Awaited<ReturnType<typeof openTestServices>>;
let away: Awaited<ReturnType<typeof openTestServices>>["services"];
let world: Awaited<ReturnType<typeof insertPeople>>;
const clients: StreamChat[] = [];

beforeAll(async () => {
  opened = await openTestServices();
  away = withoutChat(opened.services);
});
beforeEach(async () => {
  world = await insertPeople(opened.db, { status: "live" });
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.disconnectUser()));
  await opened.close();
});

const streamId = () => world.stream.id;
const say = (userId: string, text: string, more: { id?: string; replyTo?: string } = {}) =>
  sayMessage(opened.db, { streamId: streamId(), userId, id: randomUUID(), text, ...more });
const texts = async () =>
  (await listMessages(opened.db, { streamId: streamId(), userId: world.people.viewer.id })).messages.map(
    ({ text }) => text,
  );

/** Says something and sends it on, as the web process does. */
async function sayAndSend(userId: string, text: string) {
  const said = await say(userId, text);
  if (!said.ok) throw new Error(said.message);
  await deliverMessage(opened.services, { streamId: streamId(), message: said.message });
  return said.message;
}

/** The SDK with our server's key, to do what somebody does in the service's dashboard. */
function serverClient() {
  const { apiKey, apiSecret, url } = opened.services.config.stream;
  return new StreamChat(apiKey, apiSecret[0], { baseURL: url, allowServerSideConnect: true });
}

/** A person's own SDK client, in the channel of the stream. */
async function join(userId: string) {
  const pass = await admitToChat(opened.services, { streamId: streamId(), userId });
  if (!pass?.ok) throw new Error(JSON.stringify(pass));
  const client = new StreamChat(pass.apiKey, { baseURL: pass.url, allowServerSideConnect: true });
  clients.push(client);
  await client.connectUser({ id: pass.userId }, pass.token);
  const channel = client.channel(pass.channelType, pass.channelId);
  await channel.watch();
  return { client, channel, pass };
}

describe("a message", () => {
  it("is written, numbered and read by everybody in the chat", async () => {
    expect(await say(world.people.viewer.id, "  Hello   there ")).toMatchObject({
      ok: true,
      isNew: true,
      message: { number: 1, text: "Hello there", role: "viewer", pinned: false, reactions: {}, mine: [] },
    });
    expect(await say(world.people.host.id, "Welcome")).toMatchObject({
      message: { number: 2, role: "host" },
    });
    expect(await texts()).toEqual(["Hello there", "Welcome"]);
  });

  it("that is sent again with its id is the same one, and of another person is refused", async () => {
    const id = randomUUID();
    await say(world.people.viewer.id, "Once", { id });
    expect(await say(world.people.viewer.id, "Once", { id })).toMatchObject({
      ok: true,
      isNew: false,
      message: { number: 1 },
    });
    expect(await say(world.people.host.id, "Mine", { id })).toMatchObject({ ok: false, reason: "taken" });
    expect(await texts()).toEqual(["Once"]);
  });

  it("of twenty at once has a number of its own, without gaps", async () => {
    await sql`update streaming_chat_rooms set slow_mode_seconds = 0 where stream_id = ${streamId()}`.execute(
      opened.db,
    );
    const said = await Promise.all(
      [world.people.host.id, world.people.moderator.id, world.people.viewer.id].flatMap((userId) =>
        Array.from({ length: 6 }, (_, index) => say(userId, `Message ${index}`)),
      ),
    );
    const numbers = said.map((one) => (one.ok ? one.message.number : 0)).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 18 }, (_, index) => index + 1));
  });

  it.each([
    ["nobody's id", () => randomUUID(), "no_access"],
    ["a stranger", () => world.people.stranger.id, "no_access"],
    ["a viewer whose grant ended", () => world.people.ended.id, "no_access"],
    ["a banned viewer", () => world.people.banned.id, "no_access"],
    ["the owner of another space", () => world.people.otherOwner.id, "no_access"],
  ])("of %s is refused, and nothing is written", async (_, person, reason) => {
    expect(await say(person(), "Let me in")).toMatchObject({ ok: false, reason });
    expect(await texts()).toEqual([]);
  });

  it.each([
    ["nothing", "   "],
    ["100,000 characters", "x".repeat(100_000)],
    ["4,000 emoji with joiners", "👨‍👩‍👧‍👦".repeat(4000)],
  ])("of %s is refused in words", async (_, text) => {
    expect(await say(world.people.viewer.id, text)).toMatchObject({
      ok: false,
      reason: "text",
      message: expect.stringMatching(/\.$/),
    });
  });

  it("replies to one of this chat, and to no other", async () => {
    const first = await say(world.people.viewer.id, "What time is it?");
    const replyTo = first.ok ? first.message.id : "";
    expect(await say(world.people.host.id, "Eight", { replyTo })).toMatchObject({
      ok: true,
      message: { replyTo: { id: replyTo, text: "What time is it?" } },
    });
    const other = await insertPeople(opened.db, { status: "live" });
    const elsewhere = {
      streamId: other.stream.id,
      userId: other.people.host.id,
      id: randomUUID(),
      text: "x",
    };
    expect(await sayMessage(opened.db, { ...elsewhere, replyTo })).toMatchObject({
      ok: false,
      reason: "reply",
    });
  });

  it("with a link is refused to viewers unless links are allowed, and never to the team", async () => {
    expect(await say(world.people.viewer.id, "see example.com")).toMatchObject({ ok: false, reason: "link" });
    expect(await say(world.people.moderator.id, "see example.com")).toMatchObject({ ok: true });
    await setChat(opened.services, {
      streamId: streamId(),
      actorId: world.people.moderator.id,
      settings: { linksAllowed: true },
    });
    expect(await say(world.people.viewer.id, "see example.com")).toMatchObject({ ok: true });
  });

  it("with a blocked word is refused with the word, in every spelling", async () => {
    await opened.db
      .insertInto("space_blocked_words")
      .values({ space_id: world.space.id, lines: ["badger"], changed_by: world.people.owner.id })
      .execute();
    expect(await say(world.people.viewer.id, "you bаdger")).toMatchObject({
      ok: false,
      reason: "blocked_word",
      message: expect.stringContaining("“badger”"),
    });
    expect(await say(world.people.viewer.id, "you honeybadger")).toMatchObject({ ok: true });
  });

  it("under slow mode waits, also when two are sent at once; the team does not", async () => {
    const settings = { slowModeSeconds: 30 };
    const { people } = world;
    await setChat(opened.services, { streamId: streamId(), actorId: people.host.id, settings });
    const both = await Promise.all([say(people.viewer.id, "One"), say(people.viewer.id, "Two")]);
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect(both.find(({ ok }) => !ok)).toMatchObject({ reason: "slow", waitSeconds: 30 });
    await say(people.moderator.id, "One");
    expect(await say(people.moderator.id, "Two")).toMatchObject({ ok: true });
  });

  it("of somebody who sends sixty in a second is refused after the eighth, whatever they do (F42)", async () => {
    const flood = await Promise.all(
      Array.from({ length: 60 }, (_, index) => say(world.people.viewer.id, `${index}`)),
    );
    expect(flood.filter(({ ok }) => ok)).toHaveLength(8);
    expect(flood.find(({ ok }) => !ok)).toMatchObject({
      reason: "too_fast",
      waitSeconds: expect.any(Number),
    });
    expect(await texts()).toHaveLength(8);
  });

  it("of somebody in time-out is refused until it has run off", async () => {
    const { people } = world;
    const act = { streamId: streamId(), targetId: people.viewer.id, actorId: people.moderator.id };
    await timeOut(opened.services, { ...act, minutes: 5, reason: "Too loud" });
    expect(await say(people.viewer.id, "But")).toMatchObject({
      ok: false,
      reason: "silenced",
      message: expect.stringContaining("Too loud"),
      waitSeconds: 300,
    });
    await sql`update streaming_chat_timeouts set until = clock_timestamp()`.execute(opened.db);
    expect(await say(people.viewer.id, "Sorry")).toMatchObject({ ok: true });
  });

  it("into a frozen chat is the team's alone", async () => {
    const { people } = world;
    await setChat(opened.services, {
      streamId: streamId(),
      actorId: people.host.id,
      settings: { frozen: true },
    });
    expect(await say(people.viewer.id, "x")).toMatchObject({ ok: false, reason: "frozen" });
    expect(await say(people.moderator.id, "x")).toMatchObject({ ok: true });
  });

  it("before the chat is open, and after its time, is refused", async () => {
    const { people } = world;
    const scheduled = await insertPeople(opened.db, { status: "scheduled" });
    const early = {
      streamId: scheduled.stream.id,
      userId: scheduled.people.viewer.id,
      id: randomUUID(),
      text: "x",
    };
    expect(await sayMessage(opened.db, early)).toMatchObject({ ok: false, reason: "not_open" });
    await opened.db
      .updateTable("streams")
      .set({ status: "ended", ended_at: ago("31 minutes") })
      .where("id", "=", streamId())
      .execute();
    expect(await say(people.viewer.id, "x")).toMatchObject({ ok: false, reason: "over" });
    await sql`update streams set chat_after_minutes = 60 where id = ${streamId()}`.execute(opened.db);
    expect(await say(people.viewer.id, "x")).toMatchObject({ ok: true });
  });
});

describe("the chat service", () => {
  it("carries a message to everybody in the channel under our id, and takes it once", async () => {
    const { channel } = await join(world.people.viewer.id);
    const heard: string[] = [];
    channel.on("message.new", ({ message }) => void heard.push(`${message?.id} ${message?.text}`));
    const message = await sayAndSend(world.people.host.id, "Hello");
    await deliverMessage(opened.services, { streamId: streamId(), message });
    await expect.poll(() => heard).toEqual([`${message.id} Hello`]);
    expect(channel.state.messages.at(-1)).toMatchObject({ number: 1, role: "host" });
    const { delivered_at } = await opened.db
      .selectFrom("streaming_chat_messages")
      .select("delivered_at")
      .where("id", "=", message.id)
      .executeTakeFirstOrThrow();
    expect(delivered_at).toBeInstanceOf(Date);
  });

  it("has of a reply only which message it is to, and of a name the one that we tell", async () => {
    const quoted = await sayAndSend(world.people.viewer.id, "A rude word");
    const said = await say(world.people.host.id, "Please", { replyTo: quoted.id });
    if (!said.ok) throw new Error(said.message);
    await deliverMessage(opened.services, { streamId: streamId(), message: said.message });
    const { client, channel, pass } = await join(world.people.viewer.id);
    // Whether the service allows it or not.
    await client.upsertUser({ id: pass.userId, name: "The host" }).catch(() => {});
    const { messages } = await channel.query({ messages: { limit: 10 } });
    const [first, reply] = messages as unknown as Record<string, unknown>[];
    expect(first).toMatchObject({ name: quoted.name, number: 1 });
    expect(reply).toMatchObject({ reply_to: quoted.id, name: said.message.name });
    expect(JSON.stringify(reply)).not.toContain("A rude word");
  });

  it("that is away loses nothing: what was said meanwhile arrives once, in its order (F21)", async () => {
    const { channel } = await join(world.people.viewer.id);
    for (const text of ["One", "Two", "Three"]) {
      const said = await say(world.people.host.id, text);
      if (said.ok && !said.away) await deliverMessage(away, { streamId: streamId(), message: said.message });
    }
    expect((await findChatRoom(opened.db, { streamId: streamId() }))?.awaySince).toBeInstanceOf(Date);
    expect(await say(world.people.host.id, "Four")).toMatchObject({ ok: true, away: true });
    await deliverWaiting(away);
    expect(channel.state.messages).toHaveLength(0);
    await Promise.all([deliverWaiting(opened.services), deliverWaiting(opened.services)]);
    await expect
      .poll(() => channel.state.messages.map(({ text }) => text))
      .toEqual(["One", "Two", "Three", "Four"]);
    expect((await findChatRoom(opened.db, { streamId: streamId() }))?.awaySince).toBeNull();
  });

  it("gives no pass to whoever may not watch, and none that outlives access", async () => {
    const { people } = world;
    const passOf = (userId: string) => admitToChat(opened.services, { streamId: streamId(), userId });
    for (const person of [people.stranger, people.ended, people.banned, people.otherOwner])
      expect(await passOf(person.id)).toMatchObject({ ok: false, reason: "no_access" });
    const pass = await passOf(people.viewer.id);
    expect(pass).toMatchObject({ ok: true, userId: people.viewer.id });
    const claims = JSON.parse(
      Buffer.from((pass as { token: string }).token.split(".")[1] ?? "", "base64url").toString(),
    ) as { exp: number; iat: number };
    expect(claims.exp - claims.iat).toBeLessThanOrEqual(3605);
  });

  it("adds many people at once in few calls", async () => {
    const people: string[] = [];
    while (people.length < 120) {
      const { id } = await insertUser(opened.db);
      await insertGrant(opened.db, { passId: world.pass.id, userId: id });
      people.push(id);
    }
    const { chat } = opened.services;
    const added: number[] = [];
    const counted: typeof chat = {
      ...chat,
      async addMembers(channelId, userIds) {
        added.push(userIds.length);
        return chat.addMembers(channelId, userIds);
      },
    };
    const services = { ...opened.services, chat: counted };
    const passes = await Promise.all(
      people.map((userId) => admitToChat(services, { streamId: streamId(), userId })),
    );
    expect(passes.every((pass) => pass?.ok)).toBe(true);
    expect(Math.max(...added)).toBeLessThanOrEqual(100);
    // Far fewer than people, however the moments fall in which they are gathered.
    expect(added.length).toBeLessThan(40);
    const { channelId } = (await findChatRoom(opened.db, { streamId: streamId() }))!;
    expect((await chat.listMembers(channelId)).toSorted()).toEqual(people.toSorted());
  });

  it("lets a person read no more when access has ended: the sweep takes them out", async () => {
    const { channel } = await join(world.people.viewer.id);
    await sayAndSend(world.people.host.id, "Before");
    await sql`update access_grants set status = 'refunded', status_changed_at = now() where user_id = ${world.people.viewer.id}`.execute(
      opened.db,
    );
    await sweepChatMembers(opened.services);
    const room = await findChatRoom(opened.db, { streamId: streamId() });
    expect(await opened.services.chat.listMembers(room!.channelId)).not.toContain(world.people.viewer.id);
    await expect(channel.query({ messages: { limit: 10 } })).rejects.toThrow();
  });

  it("keeps a person's reaction under their name, given and taken back", async () => {
    const { channel } = await join(world.people.viewer.id);
    const message = await sayAndSend(world.people.host.id, "Like this?");
    const userId = world.people.viewer.id;
    const give = async (given: boolean) => {
      const done = await react(opened.db, {
        streamId: streamId(),
        messageId: message.id,
        userId,
        kind: "heart",
        given,
      });
      if (!done.ok) throw new Error(done.message);
      if (done.changed)
        await deliverReaction(opened.services, {
          messageId: message.id,
          userId,
          kind: "heart",
        });
      return done.changed;
    };
    expect(await give(true)).toBe(true);
    expect(await give(true)).toBe(false);
    await expect.poll(() => channel.state.messages[0]?.reaction_groups?.heart?.count).toBe(1);
    expect((await listMessages(opened.db, { streamId: streamId(), userId })).messages[0]).toMatchObject({
      reactions: { heart: 1 },
      mine: ["heart"],
    });
    expect(await give(false)).toBe(true);
    await expect.poll(() => channel.state.messages[0]?.reaction_groups?.heart).toBeUndefined();
  });
});

describe("a comparison", () => {
  it("makes the channel agree with our rows, whatever was done to it", async () => {
    const { chat } = opened.services;
    const { people } = world;
    await join(people.viewer.id);
    const kept = await sayAndSend(people.host.id, "Kept");
    const edited = await sayAndSend(people.host.id, "As it was said");
    const deleted = await sayAndSend(people.host.id, "Deleted by us");
    const room = (await findChatRoom(opened.db, { streamId: streamId() }))!;
    const foreign = randomUUID();
    await chat.sendMessage(room.channelId, {
      ...{
        id: foreign,
        number: 99,
        user: { id: people.viewer.id, name: "V" },
        role: "host",
        text: "I am the host",
      },
      ...{ saidAt: new Date().toISOString(), replyTo: null },
    });
    await chat.hideMessage(kept.id);
    await chat.correctMessage(edited.id, { text: "Something else", pinned: false });
    await sql`update streaming_chat_messages set status = 'removed', text = '' where id = ${deleted.id}`.execute(
      opened.db,
    );
    await chat.nameUsers([{ id: people.stranger.id, name: "Stranger" }]);
    await chat.addMembers(room.channelId, [people.stranger.id]);

    expect(await compareChannel(opened.services, { streamId: streamId() })).toBe(5);
    const there = (await chat.readChannel(room.channelId)).messages;
    expect(there.map(({ id, text, deleted: gone }) => [id, gone ? "gone" : text])).toEqual([
      [kept.id, "Kept"],
      [edited.id, "As it was said"],
      [deleted.id, "gone"],
      [foreign, "gone"],
    ]);
    expect(await chat.listMembers(room.channelId)).toEqual([people.viewer.id]);
    expect(await compareChannel(opened.services, { streamId: streamId() })).toBe(0);
  });

  it("makes a channel again that the service has lost, lets its people in, and sends what comes next", async () => {
    const { chat } = opened.services;
    await join(world.people.viewer.id);
    await sayAndSend(world.people.host.id, "Before");
    const room = (await findChatRoom(opened.db, { streamId: streamId() }))!;
    const service = serverClient();
    const lose = () => service.channel(chat.channelType, room.channelId).delete();
    await lose();
    await sayAndSend(world.people.host.id, "After");
    expect((await chat.readChannel(room.channelId)).messages.map(({ text }) => text)).toEqual(["After"]);
    expect(await chat.listMembers(room.channelId)).toEqual([world.people.viewer.id]);
    await lose();
    expect(await compareChannel(opened.services, { streamId: streamId() })).toBe(1);
    expect(await chat.listMembers(room.channelId)).toEqual([world.people.viewer.id]);
    await lose();
    await join(world.people.moderator.id);
    expect((await chat.listMembers(room.channelId)).toSorted()).toEqual(
      [world.people.viewer.id, world.people.moderator.id].toSorted(),
    );
  });

  it("and the sweep of members go on as long as people can write after the end", async () => {
    await join(world.people.viewer.id);
    await opened.db
      .updateTable("streams")
      .set({ status: "ended", ended_at: ago("5 hours"), chat_after_minutes: 24 * 60 })
      .where("id", "=", streamId())
      .execute();
    await sql`update access_grants set status = 'refunded', status_changed_at = now() where user_id = ${world.people.viewer.id}`.execute(
      opened.db,
    );
    await sweepChatMembers(opened.services);
    const room = (await findChatRoom(opened.db, { streamId: streamId() }))!;
    expect(await opened.services.chat.listMembers(room.channelId)).toEqual([]);
    await sql`update streaming_chat_rooms set compared_at = now() - interval '1 minute' where stream_id = ${streamId()}`.execute(
      opened.db,
    );
    await sweepChannels(opened.services);
    const { fresh } = await opened.db
      .selectFrom("streaming_chat_rooms")
      .select(sql<boolean>`compared_at > now() - interval '10 seconds'`.as("fresh"))
      .where("stream_id", "=", streamId())
      .executeTakeFirstOrThrow();
    expect(fresh).toBe(true);
  });

  it("comes every 5 seconds to a stream that is on and seldom to another, each once for workers side by side", async () => {
    const { db, services } = opened;
    const streams: string[] = [];
    for (let at = 0; at < 3; at++) {
      const { stream, people } = await insertPeople(db, { status: "live" });
      const pass = await admitToChat(services, { streamId: stream.id, userId: people.host.id });
      expect(pass).toMatchObject({ ok: true });
      streams.push(stream.id);
    }
    await sql`update streams set status = 'ended', ended_at = now(), ended_reason = 'host' where id = ${streams[2]!}::uuid`.execute(
      db,
    );
    const ids = sql`any(${streams}::uuid[])`;
    await sql`update streaming_chat_rooms set compared_at = now()`.execute(db);
    await sql`update streaming_chat_rooms set compared_at = now() - interval '5 seconds' where stream_id = ${ids}`.execute(
      db,
    );
    const read: string[] = [];
    const chat = {
      ...services.chat,
      readChannel: (channelId: string) => {
        read.push(channelId);
        return services.chat.readChannel(channelId);
      },
    };
    const sweep = () => sweepChannels({ ...services, chat });
    await Promise.all([sweep(), sweep()]);
    const channels = await Promise.all(
      streams.map(async (streamId) => (await findChatRoom(db, { streamId }))!.channelId),
    );
    expect(read.toSorted()).toEqual(channels.slice(0, 2).toSorted());
    await sweep();
    expect(read).toHaveLength(2);
    await sql`update streaming_chat_rooms set compared_at = now() - interval '30 seconds' where stream_id = ${streams[2]!}::uuid`.execute(
      db,
    );
    await sweep();
    expect(read[2]).toBe(channels[2]);
  });

  it("reads more than a hundred members only now and then, and their messages each time", async () => {
    const { db, services } = opened;
    const people = await Promise.all(Array.from({ length: 101 }, () => insertUser(db)));
    await join(world.people.viewer.id);
    const room = (await findChatRoom(db, { streamId: streamId() }))!;
    for (let at = 0; at < people.length; at += 100) {
      const some = people.slice(at, at + 100);
      await services.chat.nameUsers(some.map(({ id }) => ({ id, name: "Many" })));
      await services.chat.addMembers(
        room.channelId,
        some.map(({ id }) => id),
      );
    }
    expect((await services.chat.readChannel(room.channelId)).members).toBeUndefined();
    const compare = (allMembers: boolean) => compareChannel(services, { streamId: streamId(), allMembers });
    expect(await compare(false)).toBe(0);
    expect(await compare(true)).toBe(101);
  });

  it("finds nothing to do where a person was taken out", async () => {
    await join(world.people.viewer.id);
    await removeFromChat(opened.services, { streamId: streamId(), userIds: [world.people.viewer.id] });
    expect(await compareChannel(opened.services, { streamId: streamId() })).toBe(0);
  });
});
