import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { enforceDecisions } from "#app/domain/access/enforcement.ts";
import { retireExperience } from "#app/domain/experiences/experiences.ts";
import { cancelGrant, refundGrant } from "#app/domain/grants/grants.ts";
import { banPerson } from "#app/domain/moderation/people.ts";
import { claimViewerIdentity, mostTabsOfSession } from "#app/domain/participants/participants.ts";
import { sweepRoom, sweepRooms } from "#app/domain/participants/removal.ts";
import { touchSignalSockets } from "#app/domain/participants/signal-sockets.ts";
import type { PassFields } from "#app/domain/passes/fields.ts";
import { updatePass } from "#app/domain/passes/passes.ts";
import { endOtherSessions, endSession } from "#app/domain/people/sessions.ts";
import { changeRole, removeMember } from "#app/domain/teams/members.ts";
import {
  ago,
  inFuture,
  insertExperience,
  insertGrant,
  insertPeople,
  insertUser,
  signIn,
} from "#tests/factories.ts";
import { startExpiry } from "#worker/expiry.ts";
import { handlers } from "#worker/handlers/index.ts";
import { openSignal } from "./gate-client.ts";
import { hear } from "./notices.ts";
import { openTestServices, withoutChat } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices({ name: "worker" });
});
afterAll(() => test.close());

type Stage = Awaited<ReturnType<typeof insertPeople>>;
type Who = Exclude<keyof Stage["people"], "nobody">;

/** A live stream, and people who are in its room by LiveKit's own door, as if there were no gate. */
async function setStage(...present: Who[]) {
  const { db, services } = test;
  const stage = await insertPeople(db, { status: "live" });
  const streamId = stage.stream.id;
  await services.livekit.openRoom(streamId, { graceSeconds: 30 });
  const join = async (userId: string, tab = "tab-of-a-test") => {
    const { sessionId } = await signIn(db, userId);
    const identity = await claimViewerIdentity(db, { streamId, userId, sessionId, tab });
    const token = await services.livekit.mintToken({ streamId, identity, role: "viewer" });
    const signal = openSignal(services.config.livekit.url, { token });
    await vi.waitFor(() => expect(signal.heard("join")).toBeDefined());
    return { identity, sessionId, signal };
  };
  const seats = await Promise.all(present.map((who) => join(stage.people[who].id)));
  await db
    .insertInto("streaming_chat_members")
    .values(present.map((who) => ({ stream_id: streamId, user_id: stage.people[who].id })))
    .execute();
  const inRoom = async () =>
    ((await services.livekit.listPeople(streamId)) ?? []).map(({ identity }) => identity).sort();
  const inChat = async () =>
    (
      await db
        .selectFrom("streaming_chat_members")
        .select("user_id")
        .where("stream_id", "=", streamId)
        .where("removed_at", "is", null)
        .execute()
    ).map(({ user_id }) => user_id);
  const ids = {
    spaceId: stage.space.id,
    passId: stage.pass.id,
    grantId: stage.grant.id,
    actorId: stage.people.owner.id,
  };
  return { ...stage, streamId, join, seats, inRoom, inChat, ids, otherPass: randomUUID() };
}

const jobs = async (name: string) => {
  const { rows } = await sql<{ data: { userIds: string[]; looks: number }; after: number }>`
    select data, extract(epoch from start_after - created_on)::float8 as after from pgboss.job
    where name = ${name} order by created_on
  `.execute(test.db);
  return rows;
};

describe("a change of access and what follows it", () => {
  it.each([
    ["cancelled", cancelGrant],
    ["refunded", refundGrant],
  ] as const)("%s: the job is there exactly when something was changed", async (_, move) => {
    const { people, ids, otherPass } = await setStage("viewer");
    const mine = async () =>
      (await jobs("access.enforce")).filter(({ data }) => data.userIds.includes(people.viewer.id));
    expect(await move(test.db, test.services.queue, { ...ids, passId: otherPass })).toBe(false);
    expect(await mine()).toEqual([]);
    const twice = [1, 2].map(() => move(test.db, test.services.queue, ids));
    expect((await Promise.all(twice)).sort()).toEqual([false, true]);
    expect(await mine()).toHaveLength(1);
  });
});

/** Does what waits in the queue, as the worker would; each twice, because a job may run twice. */
async function follow() {
  for (const name of ["access.enforce-experiences", "access.enforce", "moderation.enforce"] as const) {
    const { rows } = await sql<{ data: never }>`
      delete from pgboss.job where name = ${name} and start_after <= now() returning data
    `.execute(test.db);
    for (const { data } of [...rows, ...rows]) await handlers[name](test.services, data);
  }
}

describe("a change that is not of a grant is enforced by a job of its own transaction", () => {
  const passForm: Omit<PassFields, "atExpiry" | "experiences"> = {
    name: "A pass",
    description: "",
    terms: { term: "open" },
    timeZone: "UTC",
    priceMinor: 0,
    currency: "EUR",
    stock: null,
    devices: 2,
    sale: { startsAt: null, endsAt: null },
    onSale: true,
  };
  type House = Awaited<ReturnType<typeof setStage>>;
  const save = ({ ids }: House, fields: { atExpiry: "finish" | "cut"; experiences: string[] }) =>
    updatePass(test.db, test.services.queue, { ...ids, fields: { ...passForm, ...fields } });

  it.each<[string, Who, (house: House) => Promise<unknown>]>([
    [
      "a member is removed",
      "moderator",
      ({ ids, people }) =>
        removeMember(test.db, test.services.queue, { ...ids, userId: people.moderator.id }),
    ],
    [
      "an experience is taken out of a pass",
      "viewer",
      async (house) => {
        const other = await insertExperience(test.db, { spaceId: house.space.id });
        return save(house, { atExpiry: "finish", experiences: [other.id] });
      },
    ],
    [
      "a pass's end cuts from now on",
      "ended",
      async (house) => {
        // Was inside their grant when the stream began, and stays: the pass says finish.
        await sql`update access_grants set ends_at = now() - interval '1 second' where user_id = ${house.people.ended.id}::uuid`.execute(
          test.db,
        );
        return save(house, { atExpiry: "cut", experiences: [house.experience.id] });
      },
    ],
    [
      "a person is banned",
      "viewer",
      ({ streamId, people }) =>
        banPerson(test.services, {
          ...{ streamId, actorId: people.owner.id, targetId: people.viewer.id, scope: "space", days: null },
        }),
    ],
  ])("%s: out of the room and the chat, and nobody else", async (_, who, change) => {
    const keeps = who === "moderator" ? "viewer" : "moderator";
    const house = await setStage(who, keeps);
    await follow();
    expect(await house.inRoom()).toHaveLength(2);
    await change(house);
    await follow();
    expect(await house.inRoom()).toEqual([house.seats[1]!.identity]);
    expect(await house.inChat()).toEqual([house.people[keeps].id]);
    const later = (await jobs("access.enforce")).filter(({ data }) =>
      data.userIds.includes(house.people[who].id),
    );
    expect(later.length).toBeGreaterThan(0);
    for (const { data, after } of later) expect([data.looks, after]).toEqual([1, 1]);
  });

  it("a session is ended, or all others: out of the room with its tabs, and the other one stays", async () => {
    const { queue } = test.services;
    const { people, seats, join, inRoom, inChat } = await setStage("viewer");
    const [userId, first] = [people.viewer.id, seats[0]!];
    const [second, third] = [await join(userId, "second-tab"), await join(userId, "third-tab")];
    const identities = [first, second, third].map(({ identity }) => identity);
    expect(await inRoom()).toEqual(identities.toSorted());
    expect(await endSession(test.db, queue, { userId, sessionId: third.sessionId })).toBe(true);
    await follow();
    expect(await inRoom()).toEqual(identities.slice(0, 2).toSorted());
    expect(await endOtherSessions(test.db, queue, { userId, sessionId: first.sessionId })).toBe(1);
    await follow();
    expect(await inRoom()).toEqual([first.identity]);
    expect(await inChat()).toEqual([userId]);
  });

  it("a host becomes a moderator: out of the room as its host, and in it as who watches", async () => {
    const { ids, people, streamId, seats, inRoom, join } = await setStage("host");
    const second = await join(people.host.id, "studio-tab");
    await sql`update stream_participants set role = 'host' where identity = ${second.identity}`.execute(
      test.db,
    );
    const change = { ...ids, userId: people.host.id, role: "moderator" as const };
    expect(await changeRole(test.db, test.services.queue, change)).toEqual({ ok: true });
    await follow();
    expect(await inRoom()).toEqual([seats[0]!.identity]);
    // A token from before opens LiveKit's own door once more, when the job's looks are over: the sweep is there.
    const { config, livekit } = test.services;
    const { identity } = second;
    const token = await livekit.mintToken({ streamId, identity, role: "host" });
    const signal = openSignal(config.livekit.url, { token });
    await vi.waitFor(() => expect(signal.heard("join")).toBeDefined());
    expect(await inRoom()).toEqual([seats[0]!.identity, identity].sort());
    expect(await sweepRoom(test.services, { streamId, gated: false })).toBe(1);
    expect(await inRoom()).toEqual([seats[0]!.identity]);
  });

  it("a session is ended right after it was given a ticket: its identity is removed twice, wherever LiveKit says it is", async () => {
    const { people, seats, inRoom } = await setStage("viewer");
    const [{ sessionId, identity }] = seats as [(typeof seats)[0]];
    const removed: string[] = [];
    // The join is under way: LiveKit does not list it yet.
    const listing = {
      ...test.services.livekit,
      listPeople: () => Promise.resolve([]),
      async removePerson(room: string, gone: string) {
        removed.push(gone);
        await test.services.livekit.removePerson(room, gone);
      },
    };
    expect(await endSession(test.db, test.services.queue, { userId: people.viewer.id, sessionId })).toBe(
      true,
    );
    const userIds = [people.viewer.id];
    await enforceDecisions({ ...test.services, livekit: listing }, { userIds, looks: 0 });
    expect(removed).toEqual([identity, identity]);
    expect(await inRoom()).toEqual([]);
  });

  it("an experience is retired: out of the chats of its streams", async () => {
    const { ids, experience, streamId, inChat, people } = await setStage("viewer", "moderator");
    await sql`update streams set status = 'ended', ended_at = now(), ended_reason = 'host' where id = ${streamId}::uuid`.execute(
      test.db,
    );
    await follow();
    expect(await inChat()).toHaveLength(2);
    const retired = { spaceId: ids.spaceId, experienceId: experience.id };
    expect(await retireExperience(test.db, test.services.queue, retired)).toEqual({ ok: true });
    await follow();
    expect(await inChat()).toEqual([people.moderator.id]);
  });

  it("a change that is refused leaves no job", async () => {
    const { ids, people, experience } = await setStage("viewer");
    await follow();
    const foreign = { ...ids, actorId: people.stranger.id, userId: people.moderator.id };
    expect(await removeMember(test.db, test.services.queue, foreign)).toMatchObject({ ok: false });
    const busy = { spaceId: ids.spaceId, experienceId: experience.id };
    expect(await retireExperience(test.db, test.services.queue, busy)).toMatchObject({ ok: false });
    const session = { userId: people.viewer.id, sessionId: randomUUID() };
    expect(await endSession(test.db, test.services.queue, session)).toBe(false);
    const waiting = [...(await jobs("access.enforce")), ...(await jobs("access.enforce-experiences"))];
    expect(waiting.filter(({ after }) => after === 0)).toEqual([]);
  });
});

describe("what the job does", () => {
  it("takes every tab of who may not be there out of the room and the chat, and nobody else; twice is once", async () => {
    const { people, join, seats, inRoom, inChat, ids } = await setStage("viewer", "moderator");
    await join(people.viewer.id, "another-tab-of-it");
    expect(await inRoom()).toHaveLength(3);
    await cancelGrant(test.db, test.services.queue, ids);
    const userIds = [people.viewer.id, people.moderator.id];
    for (const looks of [0, 2]) {
      await enforceDecisions(test.services, { userIds, looks });
      expect(await inRoom()).toEqual([seats[1]!.identity]);
      expect(await inChat()).toEqual([people.moderator.id]);
    }
  });

  it("is short however many tickets somebody asked for before, and no picture of theirs stays", async () => {
    const { db, services } = test;
    const { people, streamId, join, inRoom, ids } = await setStage("viewer", "moderator");
    const userId = people.viewer.id;
    const { sessionId } = await signIn(db, userId);
    const claim = (tab: string) => claimViewerIdentity(db, { streamId, userId, sessionId, tab });
    const tabs = Array.from({ length: 300 }, (_, at) => `a-tab-of-many-${at}`);
    for (let at = 0; at < tabs.length; at += 20) await Promise.all(tabs.slice(at, at + 20).map(claim));
    const known = await db
      .selectFrom("stream_participants")
      .select("identity")
      .where("session_id", "=", sessionId)
      .execute();
    expect(known).toHaveLength(mostTabsOfSession);
    // The same tab has the same identity, and a tab that is connected keeps it.
    const last = await claim(tabs.at(-1)!);
    expect(await claim(tabs.at(-1)!)).toBe(last);
    await touchSignalSockets(db, [last]);
    for (const tab of tabs.slice(0, 40)) expect(await claim(tab)).not.toBe(last);
    // From before there was a bound: others that were forgotten, and one that is in the room all the same.
    const { identity: forgotten } = await join(userId, "a-tab-from-before");
    await sql`
      insert into stream_participants (identity, stream_id, user_id, session_id, tab, role)
      select 'v_before_' || n, ${streamId}::uuid, ${userId}::uuid, ${sessionId}::uuid, 'tab-from-before-' || n, 'viewer'
      from generate_series(1, 20000) n
    `.execute(db);
    await sql`
      update stream_participants set asked_at = now() - interval '1 hour', signal_seen_at = null
      where stream_id = ${streamId}::uuid and (identity = ${forgotten} or identity like 'v\_before\_%')
    `.execute(db);
    await cancelGrant(db, services.queue, ids);
    let removals = 0;
    const counting = {
      ...services.livekit,
      async removePerson(room: string, identity: string) {
        removals += 1;
        await services.livekit.removePerson(room, identity);
      },
    };
    await enforceDecisions({ ...services, livekit: counting }, { userIds: [userId], looks: 0 });
    expect(await inRoom()).toHaveLength(1);
    expect(await inRoom()).not.toContain(forgotten);
    // Twice whom LiveKit or a ticket of the last minutes may have let in: 20 tabs, and the seat of the stage.
    expect(removals).toBeLessThanOrEqual(2 * (mostTabsOfSession + 2));
  });

  it("looks again one and three seconds later at whom it took out, and at nobody else", async () => {
    const { people, ids } = await setStage("viewer", "moderator");
    await cancelGrant(test.db, test.services.queue, ids);
    const later = async () =>
      (await jobs("access.enforce"))
        .filter(({ data }) => data.userIds.includes(people.viewer.id) && data.looks > 0)
        .map(({ data, after }) => [data.userIds, data.looks, after]);
    await enforceDecisions(test.services, { userIds: [people.viewer.id, people.moderator.id], looks: 0 });
    expect(await later()).toEqual([[[people.viewer.id], 1, 1]]);
    await enforceDecisions(test.services, { userIds: [people.viewer.id], looks: 1 });
    expect(await later()).toEqual([
      [[people.viewer.id], 1, 1],
      [[people.viewer.id], 2, 2],
    ]);
    await enforceDecisions(test.services, { userIds: [people.viewer.id], looks: 2 });
    expect(await later()).toHaveLength(2);
  });

  it("leaves who holds another pass", async () => {
    const { pass, people, inRoom, inChat, ids } = await setStage("viewer");
    await cancelGrant(test.db, test.services.queue, ids);
    await insertGrant(test.db, { passId: pass.id, userId: people.viewer.id });
    await enforceDecisions(test.services, { userIds: [people.viewer.id], looks: 0 });
    expect(await inRoom()).toHaveLength(1);
    expect(await inChat()).toEqual([people.viewer.id]);
  });

  it("leaves who was inside a pass that says finish when the stream began, and puts them out when it says cut", async () => {
    const { db, services } = test;
    const { pass, grant, people, inRoom } = await setStage("viewer");
    await db
      .updateTable("access_grants")
      .set({ ends_at: ago("1 second"), starts_at: ago("1 day") })
      .where("id", "=", grant.id)
      .execute();
    await enforceDecisions(services, { userIds: [people.viewer.id], looks: 2 });
    expect(await inRoom()).toHaveLength(1);
    await sql`update access_passes set at_expiry = 'cut' where id = ${pass.id}::uuid`.execute(db);
    await enforceDecisions(services, { userIds: [people.viewer.id], looks: 2 });
    expect(await inRoom()).toEqual([]);
  });

  it("ends the picture also while the chat service is away, and is tried again for it", async () => {
    const { people, inRoom, inChat, ids } = await setStage("viewer");
    // A channel that was made has to hear of it.
    await sql`insert into streaming_chat_rooms (stream_id, made_at)
      select id, now() from streams where experience_id in (select experience_id from access_pass_experiences where access_pass_id = ${ids.passId}::uuid)`.execute(
      test.db,
    );
    await cancelGrant(test.db, test.services.queue, ids);
    const away = withoutChat(test.services);
    await expect(enforceDecisions(away, { userIds: [people.viewer.id], looks: 2 })).rejects.toMatchObject({
      service: "chat",
    });
    expect(await inRoom()).toEqual([]);
    expect(await inChat()).toEqual([]);
  });
});

describe("the sweep of rooms", () => {
  it("takes out who has had no signal socket for a minute while a gate was there, and nobody while none was", async () => {
    const { db, services } = test;
    const { streamId, seats, inRoom } = await setStage("viewer", "moderator");
    const [gone, here] = seats.map(({ identity }) => identity) as [string, string];
    await sql`update stream_participants set asked_at = now() - interval '5 minutes' where stream_id = ${streamId}::uuid`.execute(
      db,
    );
    await sql`delete from signal_gate_watch`.execute(db);
    expect(await sweepRoom(services, { streamId, gated: true })).toBe(0);
    await touchSignalSockets(db, [here]);
    expect(await sweepRoom(services, { streamId, gated: true })).toBe(0);
    await sql`update signal_gate_watch set since = now() - interval '2 minutes'`.execute(db);
    expect(await sweepRoom(services, { streamId, gated: false })).toBe(0);
    // Who was given a ticket a moment ago is on the way.
    const asked = (age: string) =>
      sql`update stream_participants set asked_at = now() - ${age}::interval where identity = ${gone}`.execute(
        db,
      );
    await asked("5 seconds");
    expect(await sweepRoom(services, { streamId, gated: true })).toBe(0);
    await asked("5 minutes");
    expect(await sweepRoom(services, { streamId, gated: true })).toBe(1);
    expect(await inRoom()).toEqual([here]);
    expect(gone).not.toBe(here);
  });

  it("a gate that comes back after a while begins to count anew", async () => {
    const { db } = test;
    await sql`delete from signal_gate_watch`.execute(db);
    await touchSignalSockets(db, []);
    const since = async () =>
      (await db.selectFrom("signal_gate_watch").select("since").executeTakeFirstOrThrow()).since.getTime();
    const first = await since();
    await touchSignalSockets(db, []);
    expect(await since()).toBe(first);
    await sql`update signal_gate_watch set seen_at = now() - interval '20 seconds'`.execute(db);
    await touchSignalSockets(db, []);
    expect(await since()).toBeGreaterThan(first);
  });

  it("makes a room again that LiveKit has lost while its stream is on, and none of a stream that is over", async () => {
    const { db, services } = test;
    const [on, over] = [await setStage("viewer"), await setStage("viewer")];
    for (const { streamId } of [on, over]) await services.livekit.closeRoom(streamId);
    await sql`update streams set status = 'ended', ended_at = now(), ended_reason = 'host' where id = ${over.streamId}::uuid`.execute(
      db,
    );
    await sweepRooms(services);
    expect(await services.livekit.listPeople(on.streamId)).toEqual([]);
    expect(await services.livekit.listPeople(over.streamId)).toBeUndefined();
  });
});

describe("the worker's timer on the next end", () => {
  it("marks each grant when its instant comes, side by side with another worker, each once", async () => {
    const { db, services } = test;
    const { pass } = await insertPeople(db);
    const holders = await Promise.all(Array.from({ length: 40 }, () => insertUser(db)));
    for (const [at, { id }] of holders.entries())
      await insertGrant(db, {
        passId: pass.id,
        userId: id,
        endsAt: inFuture(`${at % 4} seconds 300 milliseconds`),
      });
    const later = await insertUser(db);
    await insertGrant(db, { passId: pass.id, userId: later.id, endsAt: inFuture("1 hour") });
    const workers: ReturnType<typeof startExpiry>[] = [];
    const heard = await hear(services.config.databaseUrl, async () => {
      // Not before somebody listens: on a slow machine the first ends have come by now.
      workers.push(startExpiry(services), startExpiry(services));
      await vi.waitFor(
        async () => {
          const { rows } = await sql<{ late: number; left: number }>`
            select count(*) filter (where status = 'active' and ends_at < clock_timestamp() - interval '1 second')::int as late,
              count(*) filter (where status = 'active')::int as left
            from access_grants where access_pass_id = ${pass.id}::uuid and ends_at is not null
          `.execute(db);
          expect(rows[0]).toEqual({ late: 0, left: 1 });
        },
        { timeout: 20_000 },
      );
    });
    await Promise.all(workers.map((worker) => worker.stop()));
    const told = (heard as { kind: string; userId: string }[])
      .filter(({ kind, userId }) => kind === "person" && holders.some(({ id }) => id === userId))
      .map(({ userId }) => userId);
    expect(told.sort()).toEqual(holders.map(({ id }) => id).sort());
    const enforced = (await jobs("access.enforce")).flatMap(({ data }) => data.userIds);
    expect(enforced.filter((id) => holders.some((holder) => holder.id === id)).sort()).toEqual(told);
  });
});
