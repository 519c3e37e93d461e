import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findAccess, listAccess, mayJoinRoom } from "#app/domain/access/decision.ts";
import type { AccessAtExpiry, AccessGrantStatus, SpaceRole, StreamStatus } from "#db/types.ts";
import {
  ago,
  ban,
  inFuture,
  insertExperience,
  insertGrant,
  insertMember,
  insertPass,
  insertPeople,
  insertSpace,
  insertStream,
  insertUser,
} from "#tests/factories.ts";
import { createTestDatabase } from "./setup.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const nowhere = {
  role: null,
  mayWatch: false,
  mayChat: false,
  mayModerate: false,
  mayHost: false,
  until: null,
  remainingMs: null,
};
const asViewer = {
  reason: "grant",
  role: "viewer",
  mayWatch: true,
  mayChat: true,
  mayModerate: false,
  mayHost: false,
};
const asModerator = {
  reason: "team",
  role: "moderator",
  mayWatch: true,
  mayChat: true,
  mayModerate: true,
  mayHost: false,
};
const asHost = {
  reason: "team",
  role: "host",
  mayWatch: true,
  mayChat: true,
  mayModerate: true,
  mayHost: true,
};

/** A house with one stream, and a way to ask about somebody in it. */
async function setHouse({
  status = "live",
  atExpiry = "finish",
  liveAt = ago("1 hour"),
}: { status?: StreamStatus; atExpiry?: AccessAtExpiry; liveAt?: ReturnType<typeof ago> } = {}) {
  const { db } = database;
  const owner = await insertUser(db);
  const space = await insertSpace(db, { ownerId: owner.id });
  const experience = await insertExperience(db, { spaceId: space.id });
  const pass = await insertPass(db, {
    spaceId: space.id,
    experienceIds: [experience.id],
    name: "Season",
    atExpiry,
  });
  const stream = await insertStream(db, { experienceId: experience.id, createdBy: owner.id, status, liveAt });
  const ask = (userId: string | null) => findAccess(db, { userId, streamId: stream.id });
  type Times = {
    status?: AccessGrantStatus;
    startsAt?: ReturnType<typeof ago>;
    endsAt?: ReturnType<typeof ago> | null;
  };
  const hold = async (times: Times, userId?: string) => {
    const id = userId ?? (await insertUser(db)).id;
    await insertGrant(db, { passId: pass.id, userId: id, ...times });
    return id;
  };
  return { db, owner, space, experience, pass, stream, ask, hold };
}

describe("who may be in a stream", () => {
  it("answers everybody of the list", async () => {
    const { db } = database;
    const { people, stream, pass, grant, space, experience } = await insertPeople(db, { status: "live" });
    const ask = (userId: string | null) => findAccess(db, { userId, streamId: stream.id });
    const where = { streamId: stream.id, spaceId: space.id, experienceId: experience.id, status: "live" };

    expect(await ask(null)).toMatchObject({ ...nowhere, ...where, reason: "not_signed_in" });
    expect(await ask(people.stranger.id)).toMatchObject({ ...nowhere, ...where, reason: "no_grant" });
    expect(await ask(people.ended.id)).toMatchObject({
      ...nowhere,
      reason: "grant_expired",
      passName: pass.name,
    });
    expect(await ask(people.banned.id)).toMatchObject({ ...nowhere, reason: "banned" });
    expect(await ask(people.otherOwner.id)).toMatchObject({ ...nowhere, reason: "no_grant" });
    expect(await ask(people.viewer.id)).toMatchObject({
      ...asViewer,
      ...where,
      grantId: grant.id,
      until: null,
    });
    expect(await ask(people.moderator.id)).toMatchObject({ ...asModerator, ...where, until: null });
    expect(await ask(people.host.id)).toMatchObject({ ...asHost, ...where, until: null });
    expect(await ask(people.owner.id)).toMatchObject({ ...asHost, ...where, until: null });
  });

  it("has no answer about a stream that does not exist, and none for a person who does not", async () => {
    const { db, ask } = await setHouse();
    const unknown = "0195d3a0-0000-7000-8000-000000000001";
    expect(await findAccess(db, { userId: null, streamId: unknown })).toBeUndefined();
    expect(await ask(unknown)).toMatchObject({ ...nowhere, reason: "not_signed_in" });
  });

  it("refuses a switched-off account, whatever it holds", async () => {
    const { db, ask, hold, owner } = await setHouse();
    const viewer = await hold({});
    for (const id of [viewer, owner.id]) {
      await db
        .updateTable("users")
        .set({ disabled_at: sql`now()` })
        .where("id", "=", id)
        .execute();
      expect(await ask(id)).toMatchObject({ ...nowhere, reason: "account_disabled" });
    }
  });

  it.each<
    [
      string,
      { status?: AccessGrantStatus; startsAt?: ReturnType<typeof ago>; endsAt?: ReturnType<typeof ago> },
    ]
  >([
    ["grant_expired", { endsAt: ago("1 second") }],
    ["grant_expired", { status: "expired", endsAt: ago("1 second") }],
    ["grant_cancelled", { status: "cancelled" }],
    ["grant_refunded", { status: "refunded" }],
    ["grant_not_started", { startsAt: inFuture("1 hour"), endsAt: inFuture("2 hours") }],
  ])("says %s of a grant that opens nothing", async (reason, times) => {
    const { ask, hold } = await setHouse({ status: "scheduled" });
    expect(await ask(await hold(times))).toMatchObject({ ...nowhere, reason, passName: "Season" });
  });

  it("says until when, by the database's clock, and how long that still is", async () => {
    const { db, ask, hold } = await setHouse({ status: "scheduled" });
    const access = await ask(await hold({ endsAt: inFuture("90 seconds") }));
    const { rows } = await sql<{ left: string }>`
      select extract(epoch from (ends_at - clock_timestamp())) * 1000 as left from access_grants where id = ${access?.grantId}
    `.execute(db);
    expect(access).toMatchObject(asViewer);
    expect(access?.until).toBeInstanceOf(Date);
    const remaining = access?.remainingMs ?? 0;
    expect(remaining).toBeLessThanOrEqual(90_000);
    expect(remaining - Number(rows[0]?.left)).toBeGreaterThanOrEqual(0);
    expect(remaining - Number(rows[0]?.left)).toBeLessThan(5_000);
  });

  it("reads the clock anew in a transaction that is older than an end", async () => {
    const { db, ask, hold, stream } = await setHouse({ status: "scheduled" });
    const viewer = await hold({ endsAt: inFuture("300 milliseconds") });
    await db.transaction().execute(async (trx) => {
      expect(await findAccess(trx, { userId: viewer, streamId: stream.id })).toMatchObject(asViewer);
      await sql`select pg_sleep(0.4)`.execute(trx);
      expect(await findAccess(trx, { userId: viewer, streamId: stream.id })).toMatchObject({
        ...nowhere,
        reason: "grant_expired",
      });
    });
    expect(await ask(viewer)).toMatchObject({ reason: "grant_expired" });
  });
});

describe("a pass that runs out while the stream is live", () => {
  const before = { startsAt: ago("2 hours"), endsAt: ago("10 minutes") };

  it.each<AccessGrantStatus>(["active", "expired"])(
    "finish: who was inside it when the stream began stays to the end, marked %s or not",
    async (status) => {
      const { db, ask, hold, stream } = await setHouse({ atExpiry: "finish" });
      const viewer = await hold({ ...before, status });
      const decision = await ask(viewer);
      expect(decision).toMatchObject({ ...asViewer, until: null, remainingMs: null });
      expect(decision!.grantEndsAt!.getTime()).toBeLessThan(Date.now());
      await db
        .updateTable("streams")
        .set({ status: "ended", ended_at: sql`now()`, ended_reason: "host" })
        .where("id", "=", stream.id)
        .execute();
      expect(await ask(viewer)).toMatchObject({ ...nowhere, reason: "grant_expired" });
    },
  );

  it("finish: an end that is still to come is none while the stream is live", async () => {
    const { ask, hold } = await setHouse({ atExpiry: "finish" });
    expect(await ask(await hold({ startsAt: ago("2 hours"), endsAt: inFuture("1 minute") }))).toMatchObject({
      ...asViewer,
      until: null,
    });
  });

  it("finish: counts from when the stream really began, not from when it was to begin", async () => {
    const { ask, hold } = await setHouse({ atExpiry: "finish", liveAt: ago("5 minutes") });
    expect(await ask(await hold(before))).toMatchObject({ ...nowhere, reason: "grant_expired" });
  });

  it("finish: who got the pass after the stream had begun goes when it ends", async () => {
    const { ask, hold } = await setHouse({ atExpiry: "finish" });
    const late = await hold({ startsAt: ago("30 minutes"), endsAt: inFuture("1 minute") });
    expect((await ask(late))?.until).toBeInstanceOf(Date);
    const over = await hold({ startsAt: ago("30 minutes"), endsAt: ago("1 minute") });
    expect(await ask(over)).toMatchObject({ ...nowhere, reason: "grant_expired" });
  });

  it.each<AccessGrantStatus>(["cancelled", "refunded"])(
    "finish: does not hold for what was %s",
    async (status) => {
      const { ask, hold } = await setHouse({ atExpiry: "finish" });
      expect(await ask(await hold({ ...before, status }))).toMatchObject({
        ...nowhere,
        reason: `grant_${status}`,
      });
    },
  );

  it("cut: ends at its instant, also in the middle", async () => {
    const { ask, hold } = await setHouse({ atExpiry: "cut" });
    expect(await ask(await hold(before))).toMatchObject({ ...nowhere, reason: "grant_expired" });
    const soon = await ask(await hold({ startsAt: ago("2 hours"), endsAt: inFuture("1 minute") }));
    expect(soon).toMatchObject(asViewer);
    expect(soon?.remainingMs).toBeGreaterThan(0);
  });
});

describe("several grants of one person", () => {
  it("the open one that lasts longest speaks", async () => {
    const { ask, hold } = await setHouse({ status: "scheduled" });
    const viewer = await hold({ status: "expired", startsAt: ago("3 days"), endsAt: ago("2 days") });
    await hold({ status: "cancelled" }, viewer);
    await hold({ endsAt: inFuture("1 hour") }, viewer);
    expect(await ask(viewer)).toMatchObject({ ...asViewer, remainingMs: expect.any(Number) as number });
  });

  it("of two passes the one without an end", async () => {
    const { db, ask, hold, space, experience } = await setHouse({ status: "scheduled" });
    const viewer = await hold({ endsAt: inFuture("1 hour") });
    const forever = await insertPass(db, {
      spaceId: space.id,
      experienceIds: [experience.id],
      name: "Forever",
    });
    await insertGrant(db, { passId: forever.id, userId: viewer });
    expect(await ask(viewer)).toMatchObject({ ...asViewer, until: null, passName: "Forever" });
  });

  it("of those that open nothing, one that is to begin, and else what happened last", async () => {
    const { db, ask, hold } = await setHouse({ status: "scheduled" });
    const viewer = await hold({ status: "cancelled", endsAt: null });
    await db
      .updateTable("access_grants")
      .set({ status_changed_at: ago("3 days") })
      .where("user_id", "=", viewer)
      .execute();
    const last = await hold({ startsAt: ago("2 days"), endsAt: ago("1 day") }, viewer);
    expect(await ask(last)).toMatchObject({ reason: "grant_expired" });
    const { db: _, ...house } = await setHouse({ status: "scheduled" });
    const waiting = await house.hold({ status: "refunded" });
    await house.hold({ startsAt: inFuture("1 hour") }, waiting);
    expect(await house.ask(waiting)).toMatchObject({ ...nowhere, reason: "grant_not_started" });
  });

  it("a pass that does not open this experience opens nothing of it", async () => {
    const { db, ask, space } = await setHouse();
    const other = await insertExperience(db, { spaceId: space.id });
    const pass = await insertPass(db, { spaceId: space.id, experienceIds: [other.id] });
    const viewer = await insertUser(db);
    await insertGrant(db, { passId: pass.id, userId: viewer.id });
    expect(await ask(viewer.id)).toMatchObject({ ...nowhere, reason: "no_grant" });
  });

  it("a pass that is retired goes on opening for who holds it", async () => {
    const { db, ask, hold, pass } = await setHouse();
    const viewer = await hold({});
    await db
      .updateTable("access_passes")
      .set({ retired_at: sql`now()` })
      .where("id", "=", pass.id)
      .execute();
    expect(await ask(viewer)).toMatchObject(asViewer);
  });
});

describe("teams and bans", () => {
  it.each<[SpaceRole, object]>([
    ["moderator", asModerator],
    ["host", asHost],
    ["owner", asHost],
  ])(
    "a %s who also holds a grant is of the team, and a viewer again after leaving it",
    async (role, expected) => {
      const { db, ask, hold, space } = await setHouse();
      const person = await hold({ endsAt: inFuture("1 day"), startsAt: ago("5 minutes") });
      await insertMember(db, { spaceId: space.id, userId: person, role });
      expect(await ask(person)).toMatchObject({ ...expected, until: null });
      await db
        .deleteFrom("space_members")
        .where("user_id", "=", person)
        .where("space_id", "=", space.id)
        .execute();
      const after = await ask(person);
      expect(after).toMatchObject(asViewer);
      expect(after?.until).toBeInstanceOf(Date);
    },
  );

  it("a ban outweighs a grant until it is lifted, and does not reach the team", async () => {
    const { db, ask, hold, space, owner } = await setHouse();
    const viewer = await hold({});
    await ban(db, { spaceId: space.id, userId: viewer, by: owner.id });
    expect(await ask(viewer)).toMatchObject({ ...nowhere, reason: "banned" });
    await db
      .updateTable("space_bans")
      .set({ lifted_at: sql`now()` })
      .where("user_id", "=", viewer)
      .execute();
    expect(await ask(viewer)).toMatchObject(asViewer);
    await ban(db, { spaceId: space.id, userId: owner.id, by: owner.id });
    expect(await ask(owner.id)).toMatchObject(asHost);
  });

  it("a ban of another space does not count here", async () => {
    const { db, ask, hold } = await setHouse();
    const viewer = await hold({});
    const elsewhere = await setHouse();
    await ban(db, { spaceId: elsewhere.space.id, userId: viewer, by: elsewhere.owner.id });
    expect(await ask(viewer)).toMatchObject(asViewer);
  });

  it.each(["experiences", "spaces"] as const)(
    "what was retired (%s) is shown to the team only",
    async (table) => {
      const { db, ask, hold, owner, space, experience } = await setHouse({ status: "ended" });
      const viewer = await hold({});
      const id = table === "spaces" ? space.id : experience.id;
      await db
        .updateTable(table)
        .set({ retired_at: sql`now()` })
        .where("id", "=", id)
        .execute();
      expect(await ask(viewer)).toMatchObject({ ...nowhere, reason: "retired" });
      expect(await ask(owner.id)).toMatchObject(asHost);
    },
  );
});

describe("the live room", () => {
  it.each<[StreamStatus, boolean, boolean]>([
    ["scheduled", false, false],
    ["rehearsal", false, true],
    ["live", true, true],
    ["ended", false, false],
    ["cancelled", false, false],
  ])("while the stream is %s: open to viewers %s, to the team %s", async (status, viewers, team) => {
    const { ask, hold, owner } = await setHouse({ status });
    const [viewer, host, nobody] = [await ask(await hold({})), await ask(owner.id), await ask(null)];
    if (!viewer || !host || !nobody) throw new Error("no decision");
    expect([mayJoinRoom(viewer), mayJoinRoom(host), mayJoinRoom(nobody)]).toEqual([viewers, team, false]);
  });
});

it("the answers about many streams at once are the same as about each", async () => {
  const { db, hold, experience, owner, stream } = await setHouse({ atExpiry: "finish" });
  const viewer = await hold({ startsAt: ago("2 hours"), endsAt: ago("1 minute") });
  const ended = await insertStream(db, { experienceId: experience.id, createdBy: owner.id, status: "ended" });
  const elsewhere = await setHouse();
  const ids = [stream.id, ended.id, elsewhere.stream.id];
  const all = await listAccess(db, { userId: viewer, streamIds: ids });
  const each = await Promise.all(ids.map((streamId) => findAccess(db, { userId: viewer, streamId })));
  const byId = (id: string) => all.find(({ streamId }) => streamId === id);
  expect(ids.map(byId)).toEqual(each);
  expect(ids.map((id) => byId(id)?.mayWatch)).toEqual([true, false, false]);
});
