import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { StreamChat } from "stream-chat";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { admitToChat } from "#app/domain/chat/admission.ts";
import { compareChannel } from "#app/domain/chat/compare.ts";
import { deliverMessage, deliverReaction, deliverWaiting } from "#app/domain/chat/delivery.ts";
import { followMoves, switchChannels } from "#app/domain/chat/moves.ts";
import { react } from "#app/domain/chat/reactions.ts";
import { removeFromChat } from "#app/domain/chat/removal.ts";
import { findChatRoom } from "#app/domain/chat/rooms.ts";
import { sayMessage } from "#app/domain/chat/say.ts";
import { enforceAct, enforceWaiting } from "#app/domain/moderation/enforce.ts";
import { banPerson, liftBan } from "#app/domain/moderation/people.ts";
import { serviceError } from "#app/services/service-error.ts";
import { findStreamFacts } from "#app/domain/streams/facts.ts";
import { listenForChanges } from "#app/server/change-listener.ts";
import type { ChangeNotice } from "#app/domain/changes/notices.ts";
import { ago, insertGrant, insertPeople, insertUser } from "#tests/factories.ts";
import { openTestServices, withoutChat } from "./setup.ts";

/**
 * Whoever is taken out of a chat hears nothing more that is said in it, also with a client of their own that keeps its web
 * socket open: the chat goes to another channel.
 */
let opened: Awaited<ReturnType<typeof openTestServices>>;
let away: Awaited<ReturnType<typeof openTestServices>>["services"];
let world: Awaited<ReturnType<typeof insertPeople>>;
let listener: ReturnType<typeof listenForChanges>;
const clients: StreamChat[] = [];
const notices: ChangeNotice[] = [];

beforeAll(async () => {
  opened = await openTestServices();
  away = withoutChat(opened.services);
  const { log, config } = opened.services;
  await new Promise<void>((listening) => {
    listener = listenForChanges({
      ...{ databaseUrl: config.databaseUrl, log, onListening: listening },
      onNotice: (notice) => notices.push(notice),
    });
  });
});
beforeEach(async () => {
  world = await insertPeople(opened.db, { status: "live" });
  notices.length = 0;
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.disconnectUser()));
  await listener.close();
  await opened.close();
});

const streamId = () => world.stream.id;
const room = async () => (await findChatRoom(opened.db, { streamId: streamId() }))!;
const remove = (...userIds: string[]) => removeFromChat(opened.services, { streamId: streamId(), userIds });
/** What the worker does every second. */
async function sweepMoves(services: typeof opened.services) {
  await switchChannels(services.db);
  await followMoves(services);
}

/** Takes somebody out, and has the chat moved, as the worker does within a second. */
async function removeAndMove(...userIds: string[]) {
  await remove(...userIds);
  await sweepMoves(opened.services);
}
const toldChannel = async () => (await findStreamFacts(opened.db, streamId()))?.chat.channelId;

/** Lets a move be so long ago. */
const setBack = (seconds: number) =>
  sql`
    update streaming_chat_rooms
    set moved_at = moved_at - make_interval(secs => ${seconds}), told_at = told_at - make_interval(secs => ${seconds})
    where stream_id = ${streamId()}
  `.execute(opened.db);

async function sayAndSend(userId: string, text: string) {
  const said = await sayMessage(opened.db, { streamId: streamId(), userId, id: randomUUID(), text });
  if (!said.ok) throw new Error(said.message);
  await deliverMessage(opened.services, { streamId: streamId(), message: said.message });
  return said.message;
}

/** What waits is sent by the worker two seconds after it was said. */
async function deliverLater(chat = opened.services.chat) {
  await sql`
    update streaming_chat_messages set said_at = said_at - interval '3 seconds' where stream_id = ${streamId()}
  `.execute(opened.db);
  await deliverWaiting({ ...opened.services, chat });
}

async function waiting() {
  const rows = await opened.db
    .selectFrom("streaming_chat_messages")
    .select("text")
    .where("stream_id", "=", streamId())
    .where("delivered_at", "is", null)
    .orderBy("number")
    .execute();
  return rows.map(({ text }) => text);
}

/** A person's own SDK client, in the channel of the stream, with what it hears. */
async function join(userId: string) {
  const pass = await admitToChat(opened.services, { streamId: streamId(), userId });
  if (!pass?.ok) throw new Error(JSON.stringify(pass));
  const client = new StreamChat(pass.apiKey, { baseURL: pass.url, allowServerSideConnect: true });
  clients.push(client);
  await client.connectUser({ id: pass.userId }, pass.token);
  const channel = client.channel(pass.channelType, pass.channelId);
  const heard: string[] = [];
  client.on(({ type, message, cid }) => {
    heard.push(message ? (message.text ?? "") : `${type} ${cid?.split(":")[1] ?? ""}`);
  });
  await channel.watch();
  return { client, channel, heard, pass };
}

/** The SDK with our server's key, to do what somebody does in the service's dashboard. */
function serverClient() {
  const { apiKey, apiSecret, url } = opened.services.config.stream;
  return new StreamChat(apiKey, apiSecret[0], { baseURL: url, allowServerSideConnect: true });
}

it("is not heard by a removed person's open socket, and goes on for everybody else", async () => {
  const { viewer, moderator, host } = world.people;
  const [removed, stays] = [await join(viewer.id), await join(moderator.id)];
  await sayAndSend(host.id, "Before");
  await expect.poll(() => removed.heard).toContain("Before");
  const before = await room();
  await removeAndMove(viewer.id);
  const after = await room();
  expect(after.channelId).not.toBe(before.channelId);
  expect(await toldChannel()).toBe(after.channelId);
  await expect.poll(() => notices).toContainEqual({ kind: "stream", streamId: streamId() });
  // The page of who stays goes there with the token that it has.
  await stays.client.channel(stays.pass.channelType, after.channelId).watch();

  await sayAndSend(host.id, "After");
  await expect.poll(() => stays.heard).toContain("After");
  // The removed person's socket is open, and hears what the channel before says: which is nothing any more.
  const former = serverClient().channel(removed.pass.channelType, before.channelId);
  await former.sendMessage({ text: "into the channel before", user_id: host.id });
  await expect.poll(() => removed.heard).toContain("into the channel before");
  expect(removed.heard).not.toContain("After");
  // Nor can the new one be read or watched, by whoever knows its id.
  const foreign = removed.client.channel(removed.pass.channelType, after.channelId);
  await expect(foreign.watch()).rejects.toThrow();
  expect(await opened.services.chat.listMembers(after.channelId)).toEqual([moderator.id]);
});

it("is moved at most every ten seconds, and who was removed meanwhile waits for the next time", async () => {
  const { viewer, moderator, host } = world.people;
  await join(viewer.id);
  await join(moderator.id);
  await join(host.id);
  await removeAndMove(viewer.id);
  const first = await room();
  await removeAndMove(moderator.id);
  expect((await room()).channelId).toBe(first.channelId);
  expect(await opened.services.chat.listMembers(first.channelId)).toEqual([host.id]);
  await sweepMoves(opened.services);
  expect((await room()).channelId).toBe(first.channelId);
  await setBack(11);
  await sweepMoves(opened.services);
  const second = await room();
  expect(second.channelId).not.toBe(first.channelId);
  expect(await opened.services.chat.listMembers(second.channelId)).toEqual([host.id]);
  await setBack(11);
  await sweepMoves(opened.services);
  expect((await room()).channelId).toBe(second.channelId);
});

it("has the channels before deleted when pages have left them, and takes people out of those, too", async () => {
  const { viewer, moderator, host } = world.people;
  await join(viewer.id);
  const late = await join(moderator.id);
  await sayAndSend(host.id, "Before");
  const before = await room();
  await removeAndMove(viewer.id);
  expect(await opened.services.chat.listMembers(before.channelId)).toEqual([moderator.id]);
  await remove(moderator.id);
  expect(await opened.services.chat.listMembers(before.channelId)).toEqual([]);
  await sql`update streaming_chat_former_channels set left_at = left_at - interval '16 seconds'`.execute(
    opened.db,
  );
  await sweepMoves(opened.services);
  await expect.poll(() => late.heard).toContain(`channel.deleted ${before.channelId}`);
  const found = await serverClient().queryChannels({ id: before.channelId });
  expect(found).toEqual([]);
  expect((await opened.db.selectFrom("streaming_chat_former_channels").selectAll().execute()).length).toBe(0);
  // What was said there is in our rows.
  const [message] = (
    await sql<{
      text: string;
    }>`select text from streaming_chat_messages where stream_id = ${streamId()}`.execute(opened.db)
  ).rows;
  expect(message?.text).toBe("Before");
});

it("goes on with a move that the chat service did not answer", async () => {
  const { viewer, moderator, host } = world.people;
  await join(viewer.id);
  await join(moderator.id);
  const before = await room();
  await remove(viewer.id);
  await expect(sweepMoves(away)).rejects.toMatchObject({ retryable: true });
  expect(await toldChannel()).toBeNull();
  expect(await room()).toMatchObject({ made: false, moving: true });
  await expect(sweepMoves(away)).rejects.toMatchObject({ retryable: true });
  await sweepMoves(opened.services);
  const after = await room();
  expect(after.channelId).not.toBe(before.channelId);
  expect(await toldChannel()).toBe(after.channelId);
  expect(await opened.services.chat.listMembers(after.channelId)).toEqual([moderator.id]);
  // What is said meanwhile reaches open pages through us.
  notices.length = 0;
  const { id } = await sayAndSend(host.id, "While it moves");
  await expect
    .poll(() => notices)
    .toContainEqual({
      ...{ kind: "chat", streamId: streamId(), shown: [id], gone: [] },
    });
  await setBack(6);
  expect(await room()).toMatchObject({ made: true, moving: false });
});

it("stays where it is when nobody who was in it is taken out, and when it is over", async () => {
  const { viewer, moderator, stranger } = world.people;
  await join(viewer.id);
  await join(moderator.id);
  const before = await room();
  await removeAndMove(stranger.id);
  expect((await room()).channelId).toBe(before.channelId);
  await sql`
    update streams set status = 'ended', ended_at = ${ago("1 hour")}, ended_reason = 'host' where id = ${streamId()}
  `.execute(opened.db);
  await removeAndMove(viewer.id);
  expect((await room()).channelId).toBe(before.channelId);
  expect(await opened.services.chat.listMembers(before.channelId)).toEqual([moderator.id]);
});

it("has nobody in it who is taken out while everybody is let in", async () => {
  const { viewer, moderator, host } = world.people;
  await join(viewer.id);
  await join(moderator.id);
  await join(host.id);
  const { chat } = opened.services;
  let letIn: string[] = [];
  const interrupted = {
    ...chat,
    async addMembers(channelId: string, userIds: string[]) {
      await remove(moderator.id);
      await chat.addMembers(channelId, userIds);
      letIn = userIds;
    },
  };
  await remove(viewer.id);
  await sweepMoves({ ...opened.services, chat: interrupted });
  expect(letIn.toSorted()).toEqual([moderator.id, host.id].toSorted());
  expect(await chat.listMembers((await room()).channelId)).toEqual([host.id]);
});

it("has reactions to what was said before told by us, and those to what is said now by the chat service", async () => {
  const { viewer, moderator, host } = world.people;
  await join(viewer.id);
  const stays = await join(moderator.id);
  const old = await sayAndSend(host.id, "Before");
  await removeAndMove(viewer.id);
  await setBack(6);
  await stays.client.channel(stays.pass.channelType, (await room()).channelId).watch();
  const now = await sayAndSend(host.id, "After");
  notices.length = 0;
  const key = (messageId: string) => ({ messageId, userId: moderator.id, kind: "heart" });
  for (const { id } of [old, now]) {
    await react(opened.db, { streamId: streamId(), ...key(id), given: true });
    await deliverReaction(opened.services, key(id));
  }
  await expect.poll(() => stays.heard).toContain("After");
  const shown = { kind: "chat", streamId: streamId(), gone: [] };
  await expect.poll(() => notices).toEqual([{ ...shown, shown: [old.id] }]);
  const { rows } = await sql`
    select from streaming_chat_reactions where user_id = ${moderator.id} and delivered_at is null`.execute(
    opened.db,
  );
  expect(rows.length).toBe(0);
});

it("has nothing said in the channel before from the moment of a ban, or of somebody's removal soon after another's", async () => {
  const { viewer, moderator, host, owner } = world.people;
  const banned = await join(viewer.id);
  const second = await join(moderator.id);
  const stays = await join(owner.id);
  const act = { streamId: streamId(), targetId: viewer.id, actorId: moderator.id };
  const early = await sayMessage(opened.db, {
    ...{ streamId: streamId(), userId: owner.id, id: randomUUID(), text: "After the ban, nearly" },
  });
  if (!early.ok) throw new Error(early.message);
  expect(await banPerson(opened.services, { ...act, scope: "stream", days: null })).toMatchObject({
    ok: true,
  });
  await deliverMessage(opened.services, { streamId: streamId(), message: early.message });
  await expect
    .poll(() => notices)
    .toContainEqual({
      ...{ kind: "chat", streamId: streamId(), shown: [early.message.id], gone: [] },
    });
  const { id } = await sayAndSend(host.id, "After the ban");
  await expect
    .poll(() => notices)
    .toContainEqual({
      ...{ kind: "chat", streamId: streamId(), shown: [id], gone: [] },
    });
  await sweepMoves(opened.services);
  await stays.client.channel(stays.pass.channelType, (await room()).channelId).watch();
  await second.client.channel(second.pass.channelType, (await room()).channelId).watch();
  await deliverLater();
  await expect.poll(() => stays.heard).toContain("After the ban");
  await expect.poll(() => second.heard).toContain("After the ban");

  await removeAndMove(moderator.id);
  await sayAndSend(host.id, "After the second");
  await deliverLater();
  expect(await waiting()).toEqual(["After the second"]);
  await setBack(11);
  await sweepMoves(opened.services);
  await stays.client.channel(stays.pass.channelType, (await room()).channelId).watch();
  await deliverLater();
  await expect.poll(() => stays.heard).toContain("After the second");
  expect(await waiting()).toEqual([]);
  expect(banned.heard.filter((text) => text.startsWith("After"))).toEqual([]);
  expect(second.heard.filter((text) => text.startsWith("After"))).toEqual([
    "After the ban, nearly",
    "After the ban",
  ]);
});

it("takes what waits along, however far the worker had come with it", async () => {
  const { viewer, moderator, host, owner } = world.people;
  const removed = await join(viewer.id);
  await join(moderator.id);
  const texts = ["One", "Two", "Three", "Four"];
  for (const [index, text] of texts.entries())
    await sayMessage(opened.db, {
      ...{ streamId: streamId(), userId: [host.id, owner.id][index % 2]!, id: randomUUID(), text },
    });
  const before = await room();
  const { chat } = opened.services;
  let sent = 0;
  const interrupted: typeof chat = {
    ...chat,
    async sendMessage(channelId, message) {
      sent += 1;
      if (sent === 2) {
        await removeAndMove(viewer.id);
        await sql`
          update streaming_chat_former_channels set left_at = left_at - interval '16 seconds'
          where stream_id = ${streamId()}
        `.execute(opened.db);
        await sweepMoves(opened.services);
      }
      return chat.sendMessage(channelId, message);
    },
  };
  await deliverLater(interrupted);
  expect(await waiting()).toEqual([]);
  const after = await room();
  expect((await chat.readChannel(after.channelId)).messages.map(({ text }) => text)).toEqual([
    "Two",
    "Three",
    "Four",
  ]);
  expect(await serverClient().queryChannels({ id: before.channelId })).toEqual([]);
  expect(removed.heard.filter((text) => texts.includes(text))).toEqual(["One"]);
});

it("gives a person who comes while it moves the channel that it has then, and nothing to one who is banned meanwhile", async () => {
  const { viewer, moderator, host } = world.people;
  await join(host.id);
  const { chat } = opened.services;
  const admitWhile = async (userId: string, happens: () => Promise<unknown>) => {
    let once = true;
    const interrupted: typeof chat = {
      ...chat,
      async addMembers(channelId, userIds) {
        if (once) {
          once = false;
          await happens();
        }
        return chat.addMembers(channelId, userIds);
      },
    };
    return admitToChat({ ...opened.services, chat: interrupted }, { streamId: streamId(), userId });
  };
  const act = { streamId: streamId(), targetId: viewer.id, actorId: moderator.id };
  const refused = await admitWhile(viewer.id, async () => {
    await banPerson(opened.services, { ...act, scope: "stream", days: null });
    await enforceWaiting(opened.services);
    const { rows } = await sql<{ id: string }>`
      select id from moderation_acts where stream_id = ${streamId()} and enforced_at is null`.execute(
      opened.db,
    );
    for (const { id } of rows) await enforceAct(opened.services, { actId: id });
  });
  expect(refused).toMatchObject({ ok: false, reason: "no_access", access: "banned" });
  expect(await chat.listMembers((await room()).channelId)).not.toContain(viewer.id);

  await sweepMoves(opened.services);
  await setBack(11);
  const before = await room();
  let once = true;
  const services = {
    ...opened.services,
    chat: {
      ...chat,
      async makeChannel(channelId: string) {
        if (once) {
          once = false;
          await removeAndMove(host.id);
        }
        return chat.makeChannel(channelId);
      },
    },
  };
  await sql`update streaming_chat_rooms set made_at = null where stream_id = ${streamId()}`.execute(
    opened.db,
  );
  await admitToChat(services, { streamId: streamId(), userId: moderator.id });
  const after = await room();
  expect(after.channelId).not.toBe(before.channelId);
  expect(after.made).toBe(true);
  const pass = await admitToChat(opened.services, { streamId: streamId(), userId: moderator.id });
  expect(pass).toMatchObject({ ok: true, channelId: after.channelId });
  expect(await chat.listMembers(after.channelId)).toEqual([moderator.id]);
});

it("moves when somebody was in it whom we did not let in, and not for one who is being taken out", async () => {
  const { viewer, moderator } = world.people;
  await join(viewer.id);
  await join(moderator.id);
  const { chat } = opened.services;
  const before = await room();
  await chat.nameUsers([{ id: "support-agent", name: "Support" }]);
  await chat.addMembers(before.channelId, ["support-agent"]);
  expect(await compareChannel(opened.services, { streamId: streamId() })).toBe(1);
  await sweepMoves(opened.services);
  const after = await room();
  expect(after.channelId).not.toBe(before.channelId);
  expect((await chat.listMembers(after.channelId)).toSorted()).toEqual([viewer.id, moderator.id].toSorted());

  await setBack(11);
  let once = true;
  const interrupted: typeof chat = {
    ...chat,
    async readChannel(channelId) {
      const there = await chat.readChannel(channelId);
      if (once) {
        once = false;
        await removeAndMove(viewer.id);
      }
      return there;
    },
  };
  await compareChannel({ ...opened.services, chat: interrupted }, { streamId: streamId() });
  expect(await room()).toMatchObject({ holding: false });
});

it("lets everybody else in where the chat service refuses one, and makes a channel that was lost on the way", async () => {
  const { viewer, moderator, host } = world.people;
  await join(viewer.id);
  await join(moderator.id);
  await join(host.id);
  const { chat } = opened.services;
  const refusing: typeof chat = {
    ...chat,
    async addMembers(channelId, userIds) {
      if (userIds.includes(moderator.id))
        throw serviceError("chat", "request refused (code 4, status 400)", { retryable: false, code: "4" });
      return chat.addMembers(channelId, userIds);
    },
  };
  await remove(viewer.id);
  await sweepMoves({ ...opened.services, chat: refusing });
  const moved = await room();
  expect(await toldChannel()).toBe(moved.channelId);
  expect(await chat.listMembers(moved.channelId)).toEqual([host.id]);

  await chat.deleteChannel(moved.channelId);
  await sql`
    update streaming_chat_rooms set told_at = null, following_at = null
    where stream_id = ${streamId()}
  `.execute(opened.db);
  await sweepMoves(opened.services);
  expect(await toldChannel()).toBe(moved.channelId);
  expect((await chat.listMembers(moved.channelId)).toSorted()).toEqual([moderator.id, host.id].toSorted());
});

it("that is lost at the chat service is made again once, however many come back at once", async () => {
  const people = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const { id } = await insertUser(opened.db);
      await insertGrant(opened.db, { passId: world.pass.id, userId: id });
      return id;
    }),
  );
  for (const userId of people) await admitToChat(opened.services, { streamId: streamId(), userId });
  const { chat } = opened.services;
  const { channelId } = await room();
  await chat.deleteChannel(channelId);
  let made = 0;
  const counted: typeof chat = {
    ...chat,
    async makeChannel(id) {
      made += 1;
      return chat.makeChannel(id);
    },
  };
  const services = { ...opened.services, chat: counted };
  const passes = await Promise.all(
    people.map((userId) => admitToChat(services, { streamId: streamId(), userId })),
  );
  expect(passes.every((pass) => pass?.ok)).toBe(true);
  expect(made).toBe(1);
  expect((await chat.listMembers(channelId)).toSorted()).toEqual(people.toSorted());
});

it("keeps somebody whose ban was lifted before it was enforced", async () => {
  const { viewer, moderator } = world.people;
  await join(viewer.id);
  const act = { streamId: streamId(), targetId: viewer.id, actorId: moderator.id, scope: "stream" as const };
  await banPerson(opened.services, { ...act, days: null });
  await liftBan(opened.services, act);
  const { rows } = await sql<{ id: string }>`
    select id from moderation_acts where stream_id = ${streamId()} and enforced_at is null`.execute(
    opened.db,
  );
  for (const { id } of rows) await enforceAct(opened.services, { actId: id });
  await sweepMoves(opened.services);
  expect(await opened.services.chat.listMembers((await room()).channelId)).toEqual([viewer.id]);
});
