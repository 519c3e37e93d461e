import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findAccess } from "#app/domain/access/decision.ts";
import { listOpeners } from "#app/domain/access/openers.ts";
import { findWatchable, listHeld } from "#app/domain/experiences/watchable.ts";
import { claimPass } from "#app/domain/grants/claims.ts";
import { listOwnGrants } from "#app/domain/grants/lists.ts";
import { insertPass as makePass, retirePass, updatePass } from "#app/domain/passes/passes.ts";
import type { PassFields } from "#app/domain/passes/fields.ts";
import {
  ago,
  insertExperience,
  insertGrant,
  insertPass,
  insertPeople,
  insertStream,
  insertUser,
} from "#tests/factories.ts";
import { hear as hearAt } from "./notices.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

const hear = (change: () => Promise<unknown>) => hearAt(test.services.config.databaseUrl, change);

describe("passes", () => {
  const fieldsOf = (experiences: string[], more: Partial<PassFields> = {}): PassFields => ({
    name: "Season",
    description: "",
    experiences,
    atExpiry: "finish",
    terms: { term: "open" },
    timeZone: "UTC",
    priceMinor: 0,
    currency: "EUR",
    stock: null,
    devices: 2,
    sale: { startsAt: null, endsAt: null },
    onSale: true,
    ...more,
  });
  const past = { term: "until", until: "2020-01-01T00:00:00Z", timeZone: "UTC" } as const;

  it("open experiences of their own space only, and end in the future only", async () => {
    const { db } = test;
    const [mine, theirs] = [await insertPeople(db), await insertPeople(db)];
    const make = (fields: PassFields) => makePass(db, { spaceId: mine.space.id, fields });
    const count = async () =>
      (await db.selectFrom("access_passes").select("id").where("space_id", "=", mine.space.id).execute())
        .length;
    const before = await count();
    expect(await make(fieldsOf([mine.experience.id, theirs.experience.id]))).toEqual({
      ok: false,
      reason: "foreign_experience",
    });
    expect(await make(fieldsOf([mine.experience.id], { terms: past }))).toEqual({
      ok: false,
      reason: "past",
    });
    expect(await count()).toBe(before);
    const two = await Promise.all([
      make(fieldsOf([mine.experience.id])),
      make(fieldsOf([mine.experience.id])),
    ]);
    expect(two.map((made) => made.ok && made.slug).sort()).toEqual(["season", "season-2"]);
    const update = (fields: PassFields) =>
      updatePass(db, test.services.queue, { spaceId: mine.space.id, passId: mine.pass.id, fields });
    expect(await update(fieldsOf([theirs.experience.id]))).toEqual({
      ok: false,
      reason: "foreign_experience",
    });
    expect(await update(fieldsOf([mine.experience.id], { terms: past }))).toEqual({
      ok: false,
      reason: "past",
    });
    expect(
      await updatePass(db, test.services.queue, {
        spaceId: mine.space.id,
        passId: theirs.pass.id,
        fields: fieldsOf([mine.experience.id]),
      }),
    ).toEqual({ ok: false, reason: "gone" });
  });

  it("that stop opening an experience close it at once, and tell the pages of its streams", async () => {
    const { db } = test;
    const { space, pass, experience, stream, people } = await insertPeople(db);
    const other = await insertExperience(db, { spaceId: space.id });
    const heard = await hear(() =>
      updatePass(db, test.services.queue, {
        spaceId: space.id,
        passId: pass.id,
        fields: fieldsOf([other.id]),
      }),
    );
    expect(heard).toContainEqual({ kind: "access", streamId: stream.id });
    expect(await findAccess(db, { userId: people.viewer.id, streamId: stream.id })).toMatchObject({
      reason: "no_grant",
    });
    expect(await listOpeners(db, { experienceId: experience.id, userId: null })).toEqual([]);
    expect(await listOpeners(db, { experienceId: other.id, userId: null })).toHaveLength(1);
  });

  it("keep an end that is past when something else is changed", async () => {
    const { db } = test;
    const { space, pass, experience } = await insertPeople(db);
    await db
      .updateTable("access_passes")
      .set({ term: "until", term_until: past.until, term_time_zone: "UTC" })
      .where("id", "=", pass.id)
      .execute();
    const fields = fieldsOf([experience.id], { name: "New name", terms: past });
    expect(await updatePass(db, test.services.queue, { spaceId: space.id, passId: pass.id, fields })).toEqual(
      { ok: true },
    );
  });

  it("are retired once, also twice at once, and are no longer offered", async () => {
    const { db } = test;
    const { space, pass, experience, people, stream } = await insertPeople(db);
    const retire = () => retirePass(db, { spaceId: space.id, passId: pass.id });
    expect((await Promise.all([retire(), retire()])).sort()).toEqual([false, true]);
    expect(await listOpeners(db, { experienceId: experience.id, userId: null })).toEqual([]);
    expect(await findAccess(db, { userId: people.viewer.id, streamId: stream.id })).toMatchObject({
      reason: "grant",
    });
  });

  it("that open an experience are named with how to get them, free ones first", async () => {
    const { db } = test;
    const { space, pass, experience } = await insertPeople(db);
    const dear = await insertPass(db, { spaceId: space.id, experienceIds: [experience.id], name: "Dear" });
    await db.updateTable("access_passes").set({ price_minor: 1200 }).where("id", "=", dear.id).execute();
    const over = await insertPass(db, { spaceId: space.id, experienceIds: [experience.id], name: "Over" });
    await db
      .updateTable("access_passes")
      .set({ term: "until", term_until: ago("1 minute") })
      .where("id", "=", over.id)
      .execute();
    const openers = await listOpeners(db, { experienceId: experience.id, userId: null });
    expect(openers.map(({ name, how, path }) => ({ name, how, path }))).toEqual([
      { name: pass.name, how: "claim", path: `/${space.slug}/passes/${pass.slug}` },
      { name: "Dear", how: "ask", path: `/${space.slug}/passes/${dear.slug}` },
    ]);
  });
});

describe("what a viewer can watch", () => {
  it("is what their passes open: live, coming up, replays, and who stays to a stream's end", async () => {
    const { db } = test;
    const { pass, experience, people, stream } = await insertPeople(db, { status: "live" });
    const make = (status: "scheduled" | "cancelled" | "ended" | "rehearsal") =>
      insertStream(db, { experienceId: experience.id, createdBy: people.owner.id, status });
    const [next, , over, empty] = [
      await make("scheduled"),
      await make("cancelled"),
      await make("ended"),
      await make("ended"),
    ];
    await db
      .insertInto("streaming_recordings")
      .values({ stream_id: over.id, status: "ready", ready_at: sql`now()` })
      .execute();
    const watch = async (userId: string) => {
      const { live, upcoming, past } = await findWatchable(db, { userId });
      return [live, upcoming, past].map((streams) => streams.map(({ id }) => id));
    };
    expect(await watch(people.viewer.id)).toEqual([[stream.id], [next.id], [over.id]]);
    expect((await watch(people.viewer.id)).flat()).not.toContain(empty.id);
    for (const person of [people.stranger, people.ended, people.banned, people.otherOwner, people.host])
      expect(await watch(person.id)).toEqual([[], [], []]);
    const staying = await insertUser(db);
    await insertGrant(db, {
      passId: pass.id,
      userId: staying.id,
      startsAt: ago("1 day"),
      endsAt: ago("1 minute"),
    });
    expect(await watch(staying.id)).toEqual([[stream.id], [], []]);
  });

  it("lists experiences by what is held best, and those that have run out", async () => {
    const { db } = test;
    const { people, pass, experience } = await insertPeople(db);
    const list = async (userId: string) =>
      (await listHeld(db, { userId })).map(({ id, open, status, banned }) => ({ id, open, status, banned }));
    const at = { id: experience.id, banned: false };
    expect(await list(people.viewer.id)).toEqual([{ ...at, open: true, status: "active" }]);
    expect(await list(people.ended.id)).toEqual([{ ...at, open: false, status: "expired" }]);
    expect(await list(people.banned.id)).toEqual([
      { id: experience.id, open: false, status: "active", banned: true },
    ]);
    expect(await list(people.stranger.id)).toEqual([]);
    await claimPass(db, test.services.queue, { userId: people.ended.id, passId: pass.id });
    expect(await list(people.ended.id)).toEqual([{ ...at, open: true, status: "active" }]);
    const own = await listOwnGrants(db, people.ended.id);
    expect(own.map(({ status }) => status)).toEqual(["active", "expired"]);
  });
});
