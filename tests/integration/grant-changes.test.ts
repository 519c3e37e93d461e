import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findAccess } from "#app/domain/access/decision.ts";
import { claimPass } from "#app/domain/grants/claims.ts";
import { expireGrants } from "#app/domain/grants/expiry.ts";
import { giveGrant } from "#app/domain/grants/gifts.ts";
import { cancelGrant, changeGrantEnd, refundGrant, restoreGrant } from "#app/domain/grants/grants.ts";
import { endOfTerm } from "#app/domain/grants/insert.ts";
import { listGrantEvents } from "#app/domain/grants/history.ts";
import { offerFreeSeats } from "#app/domain/passes/offers.ts";
import { approveRequest, askForPass } from "#app/domain/passes/requests.ts";
import { joinWait } from "#app/domain/passes/waits.ts";
import { seed } from "#db/seed.ts";
import { ago, inFuture, insertPass, insertPeople, insertUser } from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { hear as hearAt } from "./notices.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

const hear = (change: () => Promise<unknown>) => hearAt(test.services.config.databaseUrl, change);
const later = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

/** Somebody who has claimed a pass with a term of 30 days, in a space of its own. */
async function insertHolder({ stock = null as number | null } = {}) {
  const house = await insertPeople(test.db);
  const pass = await insertPass(test.db, { spaceId: house.space.id, experienceIds: [house.experience.id] });
  await setPass(pass.id, { term: "days", term_days: 30, stock });
  const holder = await insertUser(test.db);
  const claimed = await claimPass(test.db, test.services.queue, { userId: holder.id, passId: pass.id });
  if (!claimed.ok) throw new Error(claimed.reason);
  const { owner } = house.people;
  const act = { spaceId: house.space.id, passId: pass.id, grantId: claimed.grantId, actorId: owner.id };
  return { ...house, pass, holder, owner, act };
}

type Act = Awaited<ReturnType<typeof insertHolder>>["act"];

const setPass = (passId: string, values: Record<string, unknown>) =>
  test.db.updateTable("access_passes").set(values).where("id", "=", passId).execute();
const end = (act: Act, endsAt: string | null, reason = "") =>
  changeGrantEnd(test.db, test.services.queue, { ...act, endsAt, reason });
const cancel = (act: Act, reason = "") => cancelGrant(test.db, test.services.queue, { ...act, reason });
const refund = (act: Act, reason = "") => refundGrant(test.db, test.services.queue, { ...act, reason });
const restore = (act: Act, endsAt?: string | null) =>
  restoreGrant(test.db, test.services.queue, { ...act, endsAt });
const kinds = async (act: Act) => (await listGrantEvents(test.db, act)).map(({ kind }) => kind);
const grantOf = (act: Act) =>
  test.db
    .selectFrom("access_grants")
    .select(["status", "ends_at"])
    .where("id", "=", act.grantId)
    .executeTakeFirstOrThrow();
/** As if its time had run out by the clock, and nobody had marked it. */
const runOut = (act: Act) =>
  test.db
    .updateTable("access_grants")
    .set({ starts_at: ago("2 days"), ends_at: ago("1 hour") })
    .where("id", "=", act.grantId)
    .execute();

async function expectRefused(refusal: () => Promise<unknown>, reason: string) {
  const before = await everything(test.db);
  expect(await refusal()).toEqual({ ok: false, reason });
  expect(await everything(test.db)).toBe(before);
}

describe("the end of a grant", () => {
  it("is moved later, earlier, and away, each told to its holder and written down with who and why", async () => {
    const { act, holder, owner } = await insertHolder();
    const [longer, shorter] = [later(60), later(1)];
    expect(await hear(() => end(act, longer, "Thanks for the fish"))).toContainEqual({
      kind: "person",
      userId: holder.id,
    });
    expect((await grantOf(act)).ends_at?.toISOString()).toBe(longer);
    await end(act, shorter);
    await end(act, null);
    await end(act, longer);
    const events = await listGrantEvents(test.db, act);
    expect(
      events.map(({ kind, by, endsAfter, reason }) => [kind, by, endsAfter?.toISOString(), reason]),
    ).toEqual([
      ["claimed", holder.email, events[0]!.endsAfter?.toISOString(), ""],
      ["extended", owner.email, longer, "Thanks for the fish"],
      ["shortened", owner.email, shorter, ""],
      ["extended", owner.email, undefined, ""],
      ["shortened", owner.email, longer, ""],
    ]);
  });

  it("moved later makes active again what ran out, and opens it", async () => {
    const { act, holder, stream } = await insertHolder();
    await runOut(act);
    const ask = () => findAccess(test.db, { userId: holder.id, streamId: stream.id });
    await test.db
      .updateTable("access_passes")
      .set({ at_expiry: "cut" })
      .where("id", "=", act.passId)
      .execute();
    expect(await ask()).toMatchObject({ mayWatch: false });
    expect(await end(act, later(1))).toEqual({ ok: true });
    expect(await ask()).toMatchObject({ mayWatch: true });
    expect(await kinds(act)).toEqual(["claimed", "expired", "extended"]);
  });

  it("is not moved into the past, before its beginning, to where it is, or of what was taken back", async () => {
    const { act } = await insertHolder();
    await expectRefused(() => end(act, "2020-01-01T00:00:00Z"), "past");
    await test.db
      .updateTable("access_grants")
      .set({ starts_at: inFuture("10 days") })
      .where("id", "=", act.grantId)
      .execute();
    await expectRefused(() => end(act, later(5)), "before_start");
    await end(act, null);
    await expectRefused(() => end(act, null), "same");
    await cancel(act);
    await expectRefused(() => end(act, later(50)), "status");
  });

  it("is not moved for a grant of another space or pass", async () => {
    const [mine, theirs] = [await insertHolder(), await insertHolder()];
    await expectRefused(() => end({ ...theirs.act, spaceId: mine.space.id }, null), "gone");
    await expectRefused(() => end({ ...mine.act, grantId: theirs.act.grantId }, null), "gone");
    await expectRefused(() => restore({ ...mine.act, grantId: theirs.act.grantId }), "gone");
  });

  it("moved by two owners at once is moved twice, one after the other", async () => {
    const { act } = await insertHolder();
    const ends = [later(40), later(50), later(60), later(70)];
    expect(await Promise.all(ends.map((at) => end(act, at)))).toEqual(ends.map(() => ({ ok: true })));
    const events = await listGrantEvents(test.db, act);
    for (const [index, event] of events.entries())
      if (index > 0) expect(event.endsBefore).toEqual(events[index - 1]!.endsAfter);
    expect(events.at(-1)!.endsAfter).toEqual((await grantOf(act)).ends_at);
  });
});

describe("restoring", () => {
  it.each([
    ["taken back", cancel],
    ["refunded", refund],
  ] as const)("what was %s gives the rest of its time, once, also twice at once", async (_, take) => {
    const { act, holder, stream } = await insertHolder();
    const before = await grantOf(act);
    await take(act, "A mistake");
    const heard = await hear(async () => {
      const both = await Promise.all([restore(act), restore(act)]);
      expect(both.filter(({ ok }) => ok)).toHaveLength(1);
      expect(both.filter(({ ok }) => !ok)).toEqual([{ ok: false, reason: "status" }]);
    });
    expect(heard).toEqual([{ kind: "person", userId: holder.id }]);
    expect(await grantOf(act)).toEqual({ status: "active", ends_at: before.ends_at });
    expect(await findAccess(test.db, { userId: holder.id, streamId: stream.id })).toMatchObject({
      mayWatch: true,
    });
  });

  it("asks for a new end where the old one has passed, and for one that is to come", async () => {
    const { act } = await insertHolder();
    await runOut(act);
    await cancel(act);
    await expectRefused(() => restore(act), "needs_end");
    await expectRefused(() => restore(act, "2020-01-01T00:00:00Z"), "past");
    const at = later(3);
    expect(await restore(act, at)).toEqual({ ok: true });
    expect(await grantOf(act)).toMatchObject({ status: "active" });
    expect((await grantOf(act)).ends_at?.toISOString()).toBe(at);
  });

  it("does not make a second one beside what the person got since, nor take a seat that is not there", async () => {
    const { act, holder, owner } = await insertHolder({ stock: 1 });
    await cancel(act);
    const gift = { ...act, email: holder.email, grantedBy: owner.id };
    expect(await giveGrant(test.db, test.services.queue, gift)).toMatchObject({ ok: true });
    await expectRefused(() => restore(act), "held");

    const other = await insertHolder({ stock: 1 });
    await cancel(other.act);
    const next = await insertUser(test.db);
    await claimPass(test.db, test.services.queue, { userId: next.id, passId: other.pass.id });
    await expectRefused(() => restore(other.act), "no_seat");
    await setPass(other.pass.id, { stock: 2 });
    expect(await restore(other.act)).toEqual({ ok: true });
  });

  it("and extending never take more seats than there are, at the same instant", async () => {
    const house = await insertHolder({ stock: 6 });
    const { queue } = test.services;
    const crowd = await Promise.all(Array.from({ length: 5 }, () => insertUser(test.db)));
    const acts: Act[] = [house.act];
    for (const { id } of crowd) {
      const made = await claimPass(test.db, queue, { userId: id, passId: house.pass.id });
      if (!made.ok) throw new Error(made.reason);
      acts.push({ ...house.act, grantId: made.grantId });
    }
    for (const act of acts) await cancel(act);
    await setPass(house.pass.id, { stock: 2 });
    const answers = await Promise.all(acts.map((act) => restore(act)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(2);
    expect(answers.filter(({ ok }) => !ok)).toEqual(Array(4).fill({ ok: false, reason: "no_seat" }));
  });
});

describe("a term in months", () => {
  it("ends on the same day and time on the clocks of its zone, or on the last day of a shorter month", async () => {
    const { pass, holder, act } = await insertHolder();
    const ends = async (from: string, months: number, zone: string) => {
      await setPass(pass.id, { term: "months", term_days: null, term_months: months, term_time_zone: zone });
      const begin = sql<Date>`(${from}::timestamp at time zone ${zone})`;
      const { rows } = await sql<{ wall: string }>`
        select to_char((${endOfTerm(begin)}) at time zone p.term_time_zone, 'YYYY-MM-DD HH24:MI') as wall
        from access_passes p where p.id = ${pass.id}`.execute(test.db);
      return rows[0]!.wall;
    };
    expect(await ends("2027-01-31 20:00", 1, "Europe/Berlin")).toBe("2027-02-28 20:00");
    expect(await ends("2028-01-31 20:00", 1, "Europe/Berlin")).toBe("2028-02-29 20:00");
    expect(await ends("2027-01-31 20:00", 2, "Europe/Berlin")).toBe("2027-03-31 20:00");
    expect(await ends("2027-02-28 20:00", 1, "Europe/Berlin")).toBe("2027-03-28 20:00");
    // Over the change of the clocks it is the same time on them; a time that they leave out is an hour later.
    expect(await ends("2027-03-15 20:00", 1, "Europe/Berlin")).toBe("2027-04-15 20:00");
    expect(await ends("2027-02-28 02:30", 1, "Europe/Berlin")).toBe("2027-03-28 03:30");
    // The day is that of the zone: in Berlin it is February already.
    expect(await ends("2027-02-01 00:30", 1, "Europe/Berlin")).toBe("2027-03-01 00:30");
    expect(await ends("2027-01-31 20:00", 120, "Pacific/Kiritimati")).toBe("2037-01-31 20:00");

    await cancel(act);
    await setPass(pass.id, {
      term: "months",
      term_days: null,
      term_months: 5,
      term_time_zone: "America/New_York",
    });
    const given = await giveGrant(test.db, test.services.queue, {
      ...act,
      email: holder.email,
      grantedBy: act.actorId,
    });
    if (!given.ok) throw new Error(given.reason);
    const { rows } = await sql<{ exact: boolean }>`
      select ends_at at time zone 'America/New_York' = starts_at at time zone 'America/New_York' + interval '5 months' as exact
      from access_grants where id = ${given.grantId}`.execute(test.db);
    expect(rows).toEqual([{ exact: true }]);
  });
});

it("every grant that was made or moved in any way has its whole history, and nothing else has", async () => {
  const { db, services } = test;
  const { queue } = services;
  await sql`truncate users, spaces, pgboss.job cascade`.execute(db);
  await seed(db);
  const house = await insertHolder({ stock: 2 });
  const { act, pass, owner } = house;
  const [waiting, asking, again] = await Promise.all([1, 2, 3].map(() => insertUser(db)));
  await end(act, later(60), "longer");
  await end(act, later(20), "shorter");
  const gift = { ...act, email: `gift-${waiting!.email}`, grantedBy: owner.id };
  const given = await giveGrant(db, queue, gift);
  await joinWait(db, { userId: waiting!.id, passId: pass.id });
  await cancel(act, "taken");
  expect(await offerFreeSeats(db, queue)).toBe(1);
  await claimPass(db, queue, { userId: waiting!.id, passId: pass.id });
  if (!given.ok) throw new Error(given.reason);
  await refund({ ...act, grantId: given.grantId });
  await restore(act);
  await runOut(act);
  await claimPass(db, queue, { userId: house.holder.id, passId: pass.id });
  await setPass(pass.id, { price_minor: 100, stock: null });
  await askForPass(db, { userId: asking!.id, passId: pass.id, words: "" });
  const request = await db
    .selectFrom("access_pass_requests")
    .select("id")
    .where("user_id", "=", asking!.id)
    .executeTakeFirstOrThrow();
  const approved = await approveRequest(db, queue, { ...act, requestId: request.id });
  expect(approved).toMatchObject({ ok: true });
  await setPass(pass.id, { price_minor: 0 });
  const last = await claimPass(db, queue, { userId: again!.id, passId: pass.id });
  if (!last.ok) throw new Error(last.reason);
  await runOut({ ...act, grantId: last.grantId });
  await expireGrants(db, queue);
  // What the tests' own hands moved, and no function of ours, is put right in both.
  await sql`update access_grant_events v set ends_before = v.ends_after from access_grants g
    where g.id = v.access_grant_id and v.kind = 'expired'`.execute(db);

  const { rows } = await sql<{
    id: string;
    kinds: string[];
    status: string;
    whole: boolean;
    byHand: boolean;
  }>`
    select g.id, g.status, h.kinds,
      h.first in ('claimed', 'offer_taken', 'given', 'approved') and h.made = 1
        and h.last_end is not distinct from g.ends_at as whole
    from access_grants g
    left join lateral (
      select array_agg(v.kind::text order by v.happened_at) as kinds,
        (array_agg(v.kind::text order by v.happened_at))[1] as first,
        count(*) filter (where v.kind in ('claimed', 'offer_taken', 'given', 'approved')) as made,
        (array_agg(v.ends_after order by v.happened_at desc))[1] as last_end
      from access_grant_events v where v.access_grant_id = g.id
    ) h on true
    join access_passes p on p.id = g.access_pass_id
    where not exists (
      select from users u where u.id = g.user_id and u.id in (
        ${sql.join([house.people.viewer.id, house.people.ended.id, house.people.banned.id])}))
  `.execute(db);
  // Every grant but the three that `insertPeople` has put there without a history.
  expect(rows.length).toBe(7);
  const statusAfter: Record<string, string> = {
    expired: "expired",
    cancelled: "cancelled",
    refunded: "refunded",
  };
  for (const { kinds, status, whole } of rows) {
    expect([kinds, whole]).toEqual([kinds, true]);
    expect([kinds, status]).toEqual([kinds, statusAfter[kinds.at(-1)!] ?? "active"]);
  }
  expect(rows.map(({ kinds }) => kinds.join(" ")).sort()).toEqual([
    "approved",
    "claimed",
    "claimed expired",
    "claimed extended shortened cancelled restored expired",
    "given",
    "given refunded",
    "offer_taken",
  ]);
});

it("only these files write grants: each tells of it, but for the note that a letter went", async () => {
  const app = path.join(import.meta.dirname, "../../app");
  const files = (await readdir(app, { recursive: true })).filter((file) => /\.tsx?$/.test(file));
  const writers: Record<string, boolean> = {};
  for (const file of files) {
    const source = await readFile(path.join(app, file), "utf8");
    const writes =
      /(insertInto|updateTable|deleteFrom)\("access_grants|(insert into|update|delete from) access_grants\b/;
    if (writes.test(source)) writers[file] = /\bgrants?Changed\(/.test(source);
  }
  expect(writers).toEqual({
    "domain/grants/expiry.ts": true,
    "domain/grants/grants.ts": true,
    "domain/grants/insert.ts": true,
    "domain/grants/letter.ts": false,
  });
});
