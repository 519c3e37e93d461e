import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findAccess } from "#app/domain/access/decision.ts";
import { admitToChat } from "#app/domain/chat/admission.ts";
import { compareChannel } from "#app/domain/chat/compare.ts";
import { deliverMessage } from "#app/domain/chat/delivery.ts";
import { listMessages, listPinnedMessages } from "#app/domain/chat/messages.ts";
import { findChatRoom } from "#app/domain/chat/rooms.ts";
import { sayMessage } from "#app/domain/chat/say.ts";
import { setChat } from "#app/domain/moderation/chat.ts";
import { enforceAct } from "#app/domain/moderation/enforce.ts";
import {
  deleteMessage,
  deleteMessagesOf,
  eraseHiddenMessages,
  pinMessage,
  restoreMessage,
} from "#app/domain/moderation/messages.ts";
import { banPerson, liftBan, liftTimeout, timeOut } from "#app/domain/moderation/people.ts";
import { dismissReports, reportMessage } from "#app/domain/moderation/reports.ts";
import { insertMember, insertPeople, insertUser } from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { openTestServices, withoutChat } from "./setup.ts";

let opened: Awaited<ReturnType<typeof openTestServices>>;
let world: Awaited<ReturnType<typeof insertPeople>>;

beforeAll(async () => {
  opened = await openTestServices();
});
beforeEach(async () => {
  world = await insertPeople(opened.db, { status: "live" });
});
afterAll(() => opened.close());

const streamId = () => world.stream.id;
const shown = async () =>
  (await listMessages(opened.db, { streamId: streamId(), userId: world.people.host.id })).messages.map(
    ({ text }) => text,
  );

async function said(userId: string, text: string): Promise<string> {
  const done = await sayMessage(opened.db, { streamId: streamId(), userId, id: randomUUID(), text });
  if (!done.ok) throw new Error(done.message);
  await deliverMessage(opened.services, { streamId: streamId(), message: done.message });
  return done.message.id;
}

/** The acts so far, enforced as the worker does; twice, because a job may run twice. */
async function enforceAll() {
  const acts = await opened.db
    .selectFrom("moderation_acts")
    .select("id")
    .where("stream_id", "=", streamId())
    .execute();
  for (const { id } of [...acts, ...acts]) await enforceAct(opened.services, { actId: id });
  return opened.db
    .selectFrom("moderation_acts")
    .select(["kind", "outcome", "enforced_at"])
    .where("stream_id", "=", streamId())
    .orderBy("id")
    .execute();
}

async function outside() {
  const room = await findChatRoom(opened.db, { streamId: streamId() });
  const messages = (await opened.services.chat.readChannel(room!.channelId)).messages;
  return messages.map(({ text, deleted, pinned }) => (deleted ? "gone" : pinned ? `${text} (pinned)` : text));
}

describe("a deletion", () => {
  it("hides at once, can be undone for ten seconds, and is for ever afterwards (F43)", async () => {
    const { moderator, viewer } = world.people;
    const messageId = await said(viewer.id, "Hello");
    const act = { streamId: streamId(), messageId, actorId: moderator.id };
    expect(await deleteMessage(opened.services, { ...act, reason: "Rude" })).toMatchObject({ ok: true });
    expect(await shown()).toEqual([]);
    expect(await restoreMessage(opened.services, act)).toMatchObject({ ok: true });
    expect(await shown()).toEqual(["Hello"]);
    await deleteMessage(opened.services, act);
    expect(await deleteMessage(opened.services, act)).toMatchObject({ ok: false, reason: "gone" });
    await sql`update streaming_chat_messages set hidden_at = hidden_at - interval '10 seconds'`.execute(
      opened.db,
    );
    expect(await restoreMessage(opened.services, act)).toMatchObject({ ok: false, reason: "too_late" });
    await eraseHiddenMessages(opened.db);
    const row = await opened.db
      .selectFrom("streaming_chat_messages")
      .select(["status", "text"])
      .where("id", "=", messageId)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ status: "removed", text: "" });
    // Sent again, undone again, or back at the chat service: it stays away.
    const again = { streamId: streamId(), userId: viewer.id, id: messageId, text: "Hello" };
    expect(await sayMessage(opened.db, again)).toMatchObject({ ok: false, reason: "taken" });
    await enforceAll();
    await opened.services.chat.restoreMessage(messageId, viewer.id);
    await compareChannel(opened.services, { streamId: streamId() });
    expect(await outside()).toEqual(["gone"]);
    expect(await shown()).toEqual([]);
  });

  it("by a moderator is not undone by its author, nor by those below; an author undoes their own", async () => {
    const { viewer, host, owner, moderator } = world.people;
    const mine = await said(viewer.id, "Mine");
    const act = (actorId: string, messageId = mine) => ({ streamId: streamId(), messageId, actorId });
    await deleteMessage(opened.services, act(moderator.id));
    expect(await restoreMessage(opened.services, act(viewer.id))).toMatchObject({
      ok: false,
      reason: "gone",
    });
    expect(await shown()).toEqual([]);
    expect(await restoreMessage(opened.services, act(host.id))).toMatchObject({ ok: true });
    await deleteMessage(opened.services, act(viewer.id));
    expect(await restoreMessage(opened.services, act(viewer.id))).toMatchObject({ ok: true });
    await deleteMessage(opened.services, act(owner.id));
    expect(await restoreMessage(opened.services, act(moderator.id))).toMatchObject({
      ok: false,
      reason: "order",
    });
    expect(await shown()).toEqual([]);
    // A moderator's own words, which a host deleted.
    const theirs = await said(moderator.id, "Theirs");
    await deleteMessage(opened.services, act(host.id, theirs));
    expect(await restoreMessage(opened.services, act(moderator.id, theirs))).toMatchObject({
      ok: false,
      reason: "order",
    });
  });

  it("that is undone leaves the message as it was: pinned, and reported", async () => {
    const { viewer, moderator, host } = world.people;
    const messageId = await said(host.id, "Buy this");
    const act = { streamId: streamId(), messageId, actorId: host.id };
    await pinMessage(opened.services, { ...act, actorId: moderator.id, pinned: true });
    await reportMessage(opened.db, {
      streamId: streamId(),
      messageId,
      userId: viewer.id,
      reason: "Advertising",
    });
    const open = () =>
      opened.db.selectFrom("streaming_chat_reports").select("id").where("settled_at", "is", null).execute();
    await deleteMessage(opened.services, act);
    expect(await open()).toHaveLength(0);
    await restoreMessage(opened.services, act);
    expect(await open()).toHaveLength(1);
    const pinned = await listPinnedMessages(opened.db, { streamId: streamId(), userId: viewer.id });
    expect(pinned.map(({ id }) => id)).toEqual([messageId]);
  });

  it("is done outside by the job, and undone there, too", async () => {
    const messageId = await said(world.people.viewer.id, "Hello");
    const act = { streamId: streamId(), messageId, actorId: world.people.moderator.id };
    await deleteMessage(opened.services, act);
    expect(await enforceAll()).toEqual([
      { kind: "message_deleted", outcome: "gone for everyone", enforced_at: expect.any(Date) },
    ]);
    expect(await outside()).toEqual(["gone"]);
    await restoreMessage(opened.services, act);
    await enforceAll();
    expect(await outside()).toEqual(["Hello"]);
  });

  it("of one's own message is everybody's right, and of another's the team's, in its order", async () => {
    const { viewer, stranger, moderator, host, owner } = world.people;
    const own = await said(viewer.id, "Mine");
    const hosts = await said(host.id, "The host's");
    const remove = (messageId: string, actorId: string) =>
      deleteMessage(opened.services, { streamId: streamId(), messageId, actorId });
    expect(await remove(hosts, viewer.id)).toMatchObject({ ok: false, reason: "no_access" });
    expect(await remove(hosts, stranger.id)).toMatchObject({ ok: false, reason: "no_access" });
    expect(await remove(hosts, moderator.id)).toMatchObject({ ok: false, reason: "order" });
    expect(await remove(own, viewer.id)).toMatchObject({ ok: true });
    expect(await remove(hosts, owner.id)).toMatchObject({ ok: true });
  });

  it("of everything that a person said leaves the others", async () => {
    const { viewer, host, moderator } = world.people;
    for (const text of ["One", "Two", "Three"]) await said(viewer.id, text);
    await said(host.id, "Welcome");
    const act = { streamId: streamId(), targetId: viewer.id, actorId: moderator.id };
    expect(await deleteMessagesOf(opened.services, act)).toEqual({ ok: true, count: 3 });
    expect(await deleteMessagesOf(opened.services, act)).toEqual({ ok: true, count: 0 });
    expect(await shown()).toEqual(["Welcome"]);
    await enforceAll();
    expect(await outside()).toEqual(["gone", "gone", "gone", "Welcome"]);
  });
});

describe("a pin", () => {
  it("is the team's, shows outside, and comes off", async () => {
    const { viewer, moderator } = world.people;
    const messageId = await said(viewer.id, "Look here");
    const act = { streamId: streamId(), messageId };
    expect(await pinMessage(opened.services, { ...act, actorId: viewer.id, pinned: true })).toMatchObject({
      ok: false,
    });
    await pinMessage(opened.services, { ...act, actorId: moderator.id, pinned: true });
    await enforceAll();
    expect(await outside()).toEqual(["Look here (pinned)"]);
    await pinMessage(opened.services, { ...act, actorId: moderator.id, pinned: false });
    await enforceAll();
    expect(await outside()).toEqual(["Look here"]);
  });
});

describe("a time-out", () => {
  it("is lifted before its time, and a new one takes the place of the old one", async () => {
    const { viewer, moderator } = world.people;
    const act = { streamId: streamId(), targetId: viewer.id, actorId: moderator.id };
    await timeOut(opened.services, { ...act, minutes: 60 });
    await timeOut(opened.services, { ...act, minutes: 1 });
    const say = () =>
      sayMessage(opened.db, { streamId: streamId(), userId: viewer.id, id: randomUUID(), text: "x" });
    expect(await say()).toMatchObject({ ok: false, reason: "silenced", waitSeconds: 60 });
    await liftTimeout(opened.services, act);
    expect(await say()).toMatchObject({ ok: true });
    expect((await enforceAll()).map(({ kind }) => kind)).toEqual([
      "timed_out",
      "timed_out",
      "timeout_lifted",
    ]);
  });

  it.each([-1, 0, 1.5, 1441, 5_256_000, Number.NaN])("of %s minutes is refused in words", async (minutes) => {
    const before = await everything(opened.db);
    const act = { streamId: streamId(), targetId: world.people.viewer.id, actorId: world.people.host.id };
    expect(await timeOut(opened.services, { ...act, minutes })).toMatchObject({
      ok: false,
      reason: "minutes",
    });
    expect(await everything(opened.db)).toBe(before);
  });
});

describe("a ban", () => {
  const ban = (
    actorId: string,
    targetId: string,
    more: { scope?: "stream" | "space"; days?: number | null } = {},
  ) =>
    banPerson(opened.services, {
      ...{
        streamId: streamId(),
        actorId,
        targetId,
        scope: "space" as const,
        days: null,
        reason: "Spam",
        ...more,
      },
    });

  it("ends access in the whole space with its reason, and takes the person out of the chat", async () => {
    const { viewer, moderator } = world.people;
    const pass = await admitToChat(opened.services, { streamId: streamId(), userId: viewer.id });
    expect(pass).toMatchObject({ ok: true });
    expect(await ban(moderator.id, viewer.id, { days: 7 })).toMatchObject({
      ok: true,
      until: expect.any(Date),
    });
    const access = await findAccess(opened.db, { streamId: streamId(), userId: viewer.id });
    expect(access).toMatchObject({
      reason: "banned",
      mayWatch: false,
      mayChat: false,
      ban: { reason: "Spam", whole: true, until: expect.any(Date) },
    });
    expect(await enforceAll()).toMatchObject([
      { kind: "banned", outcome: expect.stringContaining("out of the") },
    ]);
    const room = await findChatRoom(opened.db, { streamId: streamId() });
    expect(await opened.services.chat.listMembers(room!.channelId)).toEqual([]);
    expect(await admitToChat(opened.services, { streamId: streamId(), userId: viewer.id })).toMatchObject({
      ok: false,
      reason: "no_access",
    });
  });

  it("makes tokens from before it worthless, and one after it is lifted works", async () => {
    const { viewer, moderator } = world.people;
    const before = await admitToChat(opened.services, { streamId: streamId(), userId: viewer.id });
    await ban(moderator.id, viewer.id);
    await enforceAll();
    const act = { streamId: streamId(), targetId: viewer.id, actorId: moderator.id, scope: "space" as const };
    expect(await liftBan(opened.services, act)).toMatchObject({ ok: true });
    expect(await liftBan(opened.services, act)).toMatchObject({ ok: false, reason: "not_banned" });
    const after = await admitToChat(opened.services, { streamId: streamId(), userId: viewer.id });
    expect(after).toMatchObject({ ok: true });
    const read = async (pass: typeof after) => {
      if (!pass?.ok) return "no pass";
      const url = `${pass.url}/channels/${pass.channelType}/${pass.channelId}/query?api_key=${pass.apiKey}&user_id=${pass.userId}`;
      const headers = {
        authorization: pass.token,
        "stream-auth-type": "jwt",
        "content-type": "application/json",
      };
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ state: true }) });
      return ((await answer.json()) as { code?: number }).code ?? answer.status;
    };
    expect(await read(before)).toBe(40);
    // Its token was issued in the second after the ban.
    await expect.poll(() => read(after), { timeout: 3000 }).toBe(201);
  });

  it("of somebody whom the chat service has never heard of is enforced like any other", async () => {
    const newcomer = await insertUser(opened.db, { name: "Newcomer" });
    const { moderator } = world.people;
    const by = { streamId: streamId(), actorId: moderator.id, targetId: newcomer.id };
    expect(await banPerson(opened.services, { ...by, scope: "space", days: null })).toMatchObject({
      ok: true,
    });
    await enforceAll();
    const act = await opened.db
      .selectFrom("moderation_acts")
      .select(["enforced_at", "outcome"])
      .where("target_user_id", "=", newcomer.id)
      .executeTakeFirstOrThrow();
    expect(act).toEqual({ enforced_at: expect.any(Date), outcome: "out of the chat" });
  });

  it("of one stream leaves the others of the space", async () => {
    const { viewer, moderator } = world.people;
    const other = await opened.db
      .insertInto("streams")
      .values({
        ...{ experience_id: world.experience.id, slug: "other", title: "Other", created_by: moderator.id },
        ...{
          starts_at: new Date(),
          wall_time: "2030-01-01T12:00",
          time_zone: "Europe/Berlin",
          length_minutes: 60,
        },
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    await ban(moderator.id, viewer.id, { scope: "stream" });
    const mayWatch = async (id: string) =>
      (await findAccess(opened.db, { streamId: id, userId: viewer.id }))?.mayWatch;
    expect([await mayWatch(streamId()), await mayWatch(other.id)]).toEqual([false, true]);
  });

  it("ends by itself", async () => {
    const { viewer, moderator } = world.people;
    await ban(moderator.id, viewer.id, { days: 1 });
    await sql`update space_bans set ends_at = clock_timestamp() where user_id = ${viewer.id}`.execute(
      opened.db,
    );
    expect(await findAccess(opened.db, { streamId: streamId(), userId: viewer.id })).toMatchObject({
      mayWatch: true,
    });
    expect(await ban(moderator.id, viewer.id)).toMatchObject({ ok: true });
    expect(await findAccess(opened.db, { streamId: streamId(), userId: viewer.id })).toMatchObject({
      mayWatch: false,
    });
  });

  it("by two moderators at once is one ban", async () => {
    const { viewer, moderator, host } = world.people;
    await Promise.all([ban(moderator.id, viewer.id), ban(host.id, viewer.id, { days: 3 })]);
    const standing = await opened.db
      .selectFrom("space_bans")
      .select("id")
      .where("user_id", "=", viewer.id)
      .where("lifted_at", "is", null)
      .execute();
    expect(standing).toHaveLength(1);
  });

  it("keeps to the role order: nobody bans an owner, themselves, their equals, those above, the team, or nobody (F28)", async () => {
    const { owner, host, moderator, viewer, stranger } = world.people;
    const second = await insertUser(opened.db);
    await insertMember(opened.db, { spaceId: world.space.id, userId: second.id, role: "moderator" });
    const before = await everything(opened.db);
    for (const [actor, target, reason] of [
      [host, owner, "owner"],
      [owner, owner, "yourself"],
      [moderator, moderator, "yourself"],
      [moderator, host, "order"],
      [moderator, second, "order"],
      [host, moderator, "team"],
      [viewer, host, "no_access"],
      [stranger, viewer, "no_access"],
      [moderator, { id: randomUUID() }, "nobody"],
    ] as const) {
      const refused = { ok: false, reason };
      expect([actor, target, await ban(actor.id, target.id)]).toEqual([
        actor,
        target,
        expect.objectContaining(refused),
      ]);
      const act = { streamId: streamId(), actorId: actor.id, targetId: target.id, minutes: 5 };
      expect(await timeOut(opened.services, act)).toMatchObject(refused);
    }
    expect(await everything(opened.db)).toBe(before);
  });

  it.each([0, -1, 0.5, 4000])("for %s days is refused", async (days) => {
    const refused = await ban(world.people.host.id, world.people.viewer.id, { days });
    expect(refused).toMatchObject({ ok: false, reason: "days" });
  });
});

describe("the chat's settings", () => {
  it("are acts, once each, and only the team's", async () => {
    const { moderator, viewer } = world.people;
    const set = (actorId: string, settings: Parameters<typeof setChat>[1]["settings"]) =>
      setChat(opened.services, { streamId: streamId(), actorId, settings });
    expect(await set(viewer.id, { frozen: true })).toMatchObject({ ok: false, reason: "no_access" });
    expect(await set(moderator.id, { slowModeSeconds: 121 })).toMatchObject({
      ok: false,
      reason: "slow_mode",
    });
    await set(moderator.id, { slowModeSeconds: 10, frozen: true });
    await set(moderator.id, { slowModeSeconds: 10, frozen: true });
    await set(moderator.id, { frozen: false });
    expect((await enforceAll()).map(({ kind }) => kind)).toEqual([
      "slow_mode_set",
      "chat_frozen",
      "chat_unfrozen",
    ]);
  });
});

describe("a report", () => {
  it("is one for each person, is settled by the team, and by a deletion", async () => {
    const { viewer, host, moderator } = world.people;
    const messageId = await said(host.id, "Buy this");
    const report = (userId: string) =>
      reportMessage(opened.db, { streamId: streamId(), messageId, userId, reason: "Advertising" });
    expect(await report(host.id)).toMatchObject({ ok: false, reason: "own" });
    expect(await report(world.people.stranger.id)).toMatchObject({ ok: false, reason: "no_access" });
    expect(await report(viewer.id)).toEqual({ ok: true });
    expect(await report(viewer.id)).toEqual({ ok: true });
    const open = () =>
      opened.db
        .selectFrom("streaming_chat_reports")
        .select("outcome")
        .where("settled_at", "is", null)
        .where("stream_id", "=", streamId())
        .execute();
    expect(await open()).toHaveLength(1);
    const act = { streamId: streamId(), messageId, actorId: moderator.id };
    expect(await dismissReports(opened.services, act)).toEqual({ ok: true });
    expect(await dismissReports(opened.services, act)).toMatchObject({ ok: false, reason: "gone" });
    expect(await open()).toHaveLength(0);
  });
});

describe("while the chat service is away", () => {
  it("acts are in force here, say what they wait for, and are enforced when it is back", async () => {
    const messageId = await said(world.people.viewer.id, "Hello");
    await deleteMessage(opened.services, { streamId: streamId(), messageId, actorId: world.people.host.id });
    const { chat } = withoutChat(opened.services);
    const { id } = await opened.db
      .selectFrom("moderation_acts")
      .select("id")
      .where("stream_id", "=", streamId())
      .executeTakeFirstOrThrow();
    await expect(enforceAct({ ...opened.services, chat }, { actId: id })).rejects.toThrow(
      "could not be reached",
    );
    const act = () =>
      opened.db
        .selectFrom("moderation_acts")
        .select(["outcome", "enforced_at", "tries"])
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
    expect(await act()).toEqual({ outcome: "waits for chat", enforced_at: null, tries: 1 });
    await enforceAct(opened.services, { actId: id });
    expect(await act()).toMatchObject({ outcome: "gone for everyone", tries: 2 });
  });
});
