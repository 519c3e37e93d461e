import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimPass } from "#app/domain/grants/claims.ts";
import { expireGrants } from "#app/domain/grants/expiry.ts";
import { giveGrant } from "#app/domain/grants/gifts.ts";
import { cancelGrant } from "#app/domain/grants/grants.ts";
import { closeWhatIsOver } from "#app/domain/passes/closing.ts";
import { offerFreeSeats, offerSeats } from "#app/domain/passes/offers.ts";
import { findPassPage } from "#app/domain/passes/public.ts";
import { findPass, listPasses } from "#app/domain/passes/lists.ts";
import { findSpacePass } from "#app/domain/passes/of-space.ts";
import { lockSeats, mostHoldersCounted } from "#app/domain/passes/seats.ts";
import { joinWait, leaveWait, listOwnWaits } from "#app/domain/passes/waits.ts";
import {
  ago,
  ban,
  inFuture,
  insertGrant,
  insertPass,
  insertPeople,
  insertUser,
  unique,
} from "#tests/factories.ts";
import { passOffer } from "#worker/handlers/pass-offer.ts";
import { passOfferMail } from "#worker/handlers/pass-offer-mail.ts";
import { hear as hearAt } from "./notices.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

const hear = (change: () => Promise<unknown>) => hearAt(test.services.config.databaseUrl, change);
const people = (many: number) => Promise.all(Array.from({ length: many }, () => insertUser(test.db)));

/** A pass of its own with so many seats. */
async function insertHouse(stock: number | null) {
  const house = await insertPeople(test.db);
  const pass = await insertPass(test.db, { spaceId: house.space.id, experienceIds: [house.experience.id] });
  await setPass(pass.id, { stock });
  return { ...house, pass };
}

const setPass = (passId: string, values: Record<string, unknown>) =>
  test.db.updateTable("access_passes").set(values).where("id", "=", passId).execute();

const claim = (passId: string, userId: string) => claimPass(test.db, test.services.queue, { userId, passId });
const join = (passId: string, userId: string) => joinWait(test.db, { userId, passId });
const leave = (passId: string, userId: string) => leaveWait(test.db, test.services.queue, { userId, passId });
const sweep = () => offerFreeSeats(test.db, test.services.queue);

const holders = async (passId: string) =>
  (
    await test.db
      .selectFrom("access_grants")
      .select("user_id")
      .where("access_pass_id", "=", passId)
      .where("status", "=", "active")
      .orderBy("id")
      .execute()
  ).map(({ user_id }) => user_id);

const list = (passId: string) =>
  test.db
    .selectFrom("access_pass_waits")
    .select(["id", "user_id", "outcome"])
    .select(sql<boolean>`offer_until is not null`.as("offered"))
    .where("access_pass_id", "=", passId)
    .orderBy("number")
    .execute();
const offered = async (passId: string) =>
  (await list(passId)).filter((wait) => wait.offered && !wait.outcome).map(({ user_id }) => user_id);

const offerJobs = async (passId: string) =>
  (
    await sql`select 1 from pgboss.job where name = 'pass.offer' and data ->> 'passId' = ${passId}`.execute(
      test.db,
    )
  ).rows.length;

async function placeOf(house: { space: { slug: string }; pass: { slug: string } }, userId: string) {
  const page = await findPassPage(test.db, { space: house.space.slug, pass: house.pass.slug, userId });
  return page!.place;
}

/** A grant that ends by the clock, without anybody having marked it. */
const runOut = (passId: string, userId: string) =>
  test.db
    .updateTable("access_grants")
    .set({ starts_at: ago("2 days"), ends_at: ago("1 second") })
    .where("access_pass_id", "=", passId)
    .where("user_id", "=", userId)
    .execute();

describe("the seats of a pass", () => {
  it("10 of them go to 10 of 200 people who claim them at the same instant, and the others read why (ASVS 2.3.4)", async () => {
    const { pass } = await insertHouse(10);
    const crowd = await people(200);
    const claims = await Promise.all(crowd.map(({ id }) => claim(pass.id, id)));
    expect(claims.filter(({ ok }) => ok)).toHaveLength(10);
    expect(claims.filter(({ ok }) => !ok)).toEqual(Array(190).fill({ ok: false, reason: "sold_out" }));
    expect(await holders(pass.id)).toHaveLength(10);
    const late = crowd.filter((_, index) => !claims[index]!.ok);
    for (let next = 0; next < late.length; next += 10) {
      const joined = await Promise.all(late.slice(next, next + 10).map(({ id }) => join(pass.id, id)));
      expect(joined.every(({ ok }) => ok)).toBe(true);
    }
    expect(await list(pass.id)).toHaveLength(190);
  });

  it("are not taken twice by gifts and claims at the same instant", async () => {
    const { pass, space, people: house } = await insertHouse(5);
    const crowd = await people(20);
    const give = (email: string) =>
      giveGrant(test.db, test.services.queue, {
        spaceId: space.id,
        passId: pass.id,
        email,
        grantedBy: house.owner.id,
      });
    const answers = await Promise.all(
      crowd.map(({ id, email }, index) => (index % 2 ? give(email) : claim(pass.id, id))),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(5);
    expect(await holders(pass.id)).toHaveLength(5);
    const late = `${unique("late")}@example.com`;
    expect(await give(late)).toEqual({ ok: false, reason: "no_seat" });
    expect(await test.db.selectFrom("users").select("id").where("email", "=", late).execute()).toEqual([]);
  });

  it("are free again the instant a grant ends by the clock, though nobody has marked it", async () => {
    const { pass } = await insertHouse(1);
    const [first, second] = await people(2);
    await claim(pass.id, first!.id);
    expect(await claim(pass.id, second!.id)).toEqual({ ok: false, reason: "sold_out" });
    await runOut(pass.id, first!.id);
    expect(await claim(pass.id, second!.id)).toMatchObject({ ok: true, isNew: true });
  });

  it("fewer than are held take nothing away, and give no new one before there are", async () => {
    const { pass } = await insertHouse(3);
    const crowd = await people(4);
    for (const { id } of crowd.slice(0, 3)) await claim(pass.id, id);
    await setPass(pass.id, { stock: 1 });
    expect(await holders(pass.id)).toHaveLength(3);
    await runOut(pass.id, crowd[0]!.id);
    await runOut(pass.id, crowd[1]!.id);
    expect(await claim(pass.id, crowd[3]!.id)).toEqual({ ok: false, reason: "sold_out" });
    await runOut(pass.id, crowd[2]!.id);
    expect(await claim(pass.id, crowd[3]!.id)).toMatchObject({ ok: true });
  });

  it("without a number are claimed by everybody, and no claim waits for another", async () => {
    const { pass } = await insertHouse(null);
    const [first, second] = await people(2);
    // A claim that is not through yet holds what a claim holds.
    await test.db.transaction().execute(async (trx) => {
      expect(await lockSeats(trx, pass.id)).toBe("unlimited");
      await trx
        .insertInto("access_grants")
        .values({ access_pass_id: pass.id, user_id: first!.id, source: "claim" })
        .execute();
      expect(await claim(pass.id, second!.id)).toMatchObject({ ok: true, isNew: true });
    });
  });

  it("that are counted from now on count a claim that was under way", async () => {
    const { pass } = await insertHouse(null);
    const [first, second] = await people(2);
    const limiting = await test.db.transaction().execute(async (trx) => {
      await lockSeats(trx, pass.id);
      const waits = setPass(pass.id, { stock: 1 });
      await trx
        .insertInto("access_grants")
        .values({ access_pass_id: pass.id, user_id: first!.id, source: "claim" })
        .execute();
      return { waits };
    });
    await limiting.waits;
    expect(await claim(pass.id, second!.id)).toEqual({ ok: false, reason: "sold_out" });
  });
});

describe("a waiting list", () => {
  it("is joined once, also from many tabs at once, in the order of joining, and left", async () => {
    const house = await insertHouse(1);
    const { pass } = house;
    const [holder, ...waiting] = await people(4);
    expect(await join(pass.id, waiting[0]!.id)).toEqual({ ok: false, reason: "seat_free" });
    await claim(pass.id, holder!.id);
    expect(await join(pass.id, holder!.id)).toEqual({ ok: false, reason: "held" });
    for (const { id } of waiting) await Promise.all([join(pass.id, id), join(pass.id, id)]);
    expect(await Promise.all(waiting.map(({ id }) => placeOf(house, id)))).toEqual([1, 2, 3]);
    expect(await leave(pass.id, waiting[0]!.id)).toBe(true);
    expect(await leave(pass.id, waiting[0]!.id)).toBe(false);
    expect(await Promise.all(waiting.map(({ id }) => placeOf(house, id)))).toEqual([null, 1, 2]);
    expect(await listOwnWaits(test.db, waiting[2]!.id)).toMatchObject([
      { passName: "A pass", place: 2, offerUntil: null },
    ]);
  });

  it("is not joined where waiting would not help", async () => {
    const refusal = async (values: Record<string, unknown>) => {
      const { pass } = await insertHouse(0);
      const [person] = await people(1);
      await setPass(pass.id, values);
      const joined = await join(pass.id, person!.id);
      expect(await list(pass.id)).toEqual([]);
      return joined.ok ? "joined" : joined.reason;
    };
    expect(await refusal({ retired_at: sql`now()` })).toBe("retired");
    expect(await refusal({ term: "until", term_until: ago("1 second") })).toBe("over");
    expect(await refusal({ on_sale: false })).toBe("off_sale");
    expect(await refusal({ sale_starts_at: inFuture("1 hour") })).toBe("not_yet");
    expect(await refusal({ sale_ends_at: ago("1 second") })).toBe("sale_over");
    expect(await refusal({ price_minor: 100 })).toBe("not_free");
    expect(await refusal({ stock: null })).toBe("seat_free");
    const { pass, space, people: house } = await insertHouse(0);
    await ban(test.db, { spaceId: space.id, userId: house.viewer.id, by: house.owner.id });
    expect(await join(pass.id, house.viewer.id)).toEqual({ ok: false, reason: "banned" });
    expect(await list(pass.id)).toEqual([]);
  });

  it("gets a seat that was taken back: offered to the first, kept for a day, and for nobody else", async () => {
    const house = await insertHouse(1);
    const { pass, space, people: team } = house;
    const { db, services, letters } = test;
    const [holder, first, second, other] = await people(4);
    const held = await claim(pass.id, holder!.id);
    if (!held.ok) throw new Error(held.reason);
    await join(pass.id, first!.id);
    await join(pass.id, second!.id);
    await cancelGrant(db, services.queue, {
      spaceId: space.id,
      passId: pass.id,
      grantId: held.grantId,
      actorId: team.owner.id,
    });
    expect(await offerJobs(pass.id)).toBe(1);
    // Before the job has run, the seat is already theirs who wait.
    expect(await claim(pass.id, other!.id)).toEqual({ ok: false, reason: "sold_out" });
    expect(await claim(pass.id, second!.id)).toEqual({ ok: false, reason: "sold_out" });
    const gift = { spaceId: space.id, passId: pass.id, email: other!.email, grantedBy: team.owner.id };
    expect(await giveGrant(db, services.queue, gift)).toEqual({ ok: false, reason: "no_seat" });

    const heard = await hear(() =>
      Promise.all([1, 2, 3].map(() => passOffer(services, { passId: pass.id }))),
    );
    expect(heard).toEqual([{ kind: "person", userId: first!.id }]);
    expect(await offered(pass.id)).toEqual([first!.id]);
    expect(await findPassPage(db, { space: space.slug, pass: pass.slug, userId: first!.id })).toMatchObject({
      place: null,
      offerUntil: expect.any(Date),
      offerLapsed: false,
    });
    expect(await placeOf(house, second!.id)).toBe(1);
    const { rows } = await sql<{ hours: number }>`
      select extract(epoch from offer_until - offered_at)::int / 3600 as hours from access_pass_waits
      where access_pass_id = ${pass.id} and offer_until is not null`.execute(db);
    expect(rows).toEqual([{ hours: 24 }]);
    expect(await claim(pass.id, other!.id)).toEqual({ ok: false, reason: "sold_out" });
    expect(await claim(pass.id, second!.id)).toEqual({ ok: false, reason: "sold_out" });

    const [wait] = await list(pass.id);
    await passOfferMail(services, { waitId: wait!.id });
    await passOfferMail(services, { waitId: wait!.id });
    const sent = letters.filter(({ to }) => to.includes(first!.email));
    expect(sent).toHaveLength(1);
    expect(sent[0]!.raw).toContain(`Subject: A seat is free for you: ${pass.name}`);
    expect(sent[0]!.raw.replaceAll("=\r\n", "")).toContain(`/${space.slug}/passes/${pass.slug}`);

    const took = await Promise.all([1, 2].map(() => claim(pass.id, first!.id)));
    expect(took.filter((one) => one.ok && one.isNew)).toHaveLength(1);
    expect(await holders(pass.id)).toEqual([first!.id]);
    expect((await list(pass.id)).map(({ outcome }) => outcome)).toEqual(["taken", null]);
  });

  it("goes on to the next when an offer lapses by the clock, without anybody's word", async () => {
    const house = await insertHouse(1);
    const { pass } = house;
    const [first, second] = await people(2);
    await setPass(pass.id, { stock: 0 });
    await join(pass.id, first!.id);
    await join(pass.id, second!.id);
    await setPass(pass.id, { stock: 1 });
    await sweep();
    await sweep();
    expect(await offered(pass.id)).toEqual([first!.id]);
    const lapse = () =>
      test.db
        .updateTable("access_pass_waits")
        .set({ offered_at: ago("25 hours"), offer_until: ago("1 hour") })
        .where("access_pass_id", "=", pass.id)
        .where("user_id", "=", first!.id)
        .execute();
    await lapse();
    expect(await claim(pass.id, first!.id)).toEqual({ ok: false, reason: "sold_out" });
    const page = await findPassPage(test.db, { space: house.space.slug, pass: pass.slug, userId: first!.id });
    expect(page).toMatchObject({ offerLapsed: true, offerUntil: null, place: null });
    await Promise.all([sweep(), sweep(), sweep()]);
    expect(await offered(pass.id)).toEqual([second!.id]);
    expect((await list(pass.id)).map(({ outcome }) => outcome)).toEqual(["lapsed", null]);
    // Who let it lapse can join again, at the end.
    expect(await join(pass.id, first!.id)).toEqual({ ok: true });
    expect(await placeOf(house, first!.id)).toBe(1);
  });

  it("gets a seat whose grant ran out, and one that somebody let go", async () => {
    const { pass } = await insertHouse(1);
    const [holder, first, second] = await people(3);
    await claim(pass.id, holder!.id);
    await join(pass.id, first!.id);
    await join(pass.id, second!.id);
    await runOut(pass.id, holder!.id);
    await sweep();
    expect(await offered(pass.id)).toEqual([first!.id]);
    expect(await expireGrants(test.db, test.services.queue)).toBeGreaterThan(0);
    expect(await leave(pass.id, first!.id)).toBe(true);
    expect(await offerJobs(pass.id)).toBeGreaterThan(0);
    expect(await offerSeats(test.db, test.services.queue, { passId: pass.id })).toBe(1);
    expect(await offered(pass.id)).toEqual([second!.id]);
  });

  it("passes over who was banned, has the pass, or is gone, and asks the next at once", async () => {
    const { pass, space, people: team } = await insertHouse(0);
    const [banned, has, off, next] = await people(4);
    for (const person of [banned, has, off, next]) await join(pass.id, person!.id);
    await ban(test.db, { spaceId: space.id, userId: banned!.id, by: team.owner.id });
    await insertGrant(test.db, { passId: pass.id, userId: has!.id });
    await test.db
      .updateTable("users")
      .set({ disabled_at: sql`now()` })
      .where("id", "=", off!.id)
      .execute();
    await setPass(pass.id, { stock: 2 });
    await sweep();
    expect(await offered(pass.id)).toEqual([next!.id]);
    expect((await list(pass.id)).map(({ outcome }) => outcome)).toEqual(["closed", "taken", "closed", null]);
  });

  it("never offers more seats than there are, whatever happens at once", async () => {
    const { pass } = await insertHouse(3);
    const crowd = await people(30);
    const answers = await Promise.all(crowd.map(({ id }) => claim(pass.id, id)));
    const out = crowd.filter((_, index) => !answers[index]!.ok);
    await Promise.all(out.map(({ id }) => join(pass.id, id)));
    for (let round = 0; round < 4; round++) {
      const held = await holders(pass.id);
      await Promise.all([
        ...held.slice(0, 2).map((id) => runOut(pass.id, id)),
        ...out.map(({ id }) => claim(pass.id, id)),
        sweep(),
        expireGrants(test.db, test.services.queue),
        sweep(),
      ]);
      const { rows } = await sql<{ taken: number }>`
        select (select count(*) from access_grants g where g.access_pass_id = ${pass.id} and g.status = 'active'
            and (g.ends_at is null or g.ends_at > now()))::int
          + (select count(*) from access_pass_waits w where w.access_pass_id = ${pass.id} and w.outcome is null
            and w.offer_until > now())::int as taken`.execute(test.db);
      expect(rows[0]!.taken).toBeLessThanOrEqual(3);
    }
    // A seat that was left for who comes first is theirs once somebody looks.
    await sweep();
    // In the order of the list: nobody has a seat or an offer who came after somebody that still waits.
    const order = (await list(pass.id)).map(({ outcome, offered }) =>
      outcome || offered ? "served" : "waits",
    );
    expect(order.indexOf("waits")).toBeGreaterThan(-1);
    expect(order.slice(order.indexOf("waits"))).not.toContain("served");
  });

  it("is closed with its pass, and where the pass gets a price", async () => {
    for (const values of [
      { retired_at: sql`now()` },
      { term: "until", term_until: ago("1 second") },
      { price_minor: 100 },
      { sale_ends_at: ago("1 second") },
    ]) {
      const { pass } = await insertHouse(0);
      const [person] = await people(1);
      await join(pass.id, person!.id);
      await setPass(pass.id, values);
      const close = () => closeWhatIsOver(test.db, test.services.queue);
      const heard = (await hear(() => Promise.all([close(), close()]))) as { userId?: string }[];
      expect(heard.filter(({ userId }) => userId === person!.id)).toHaveLength(1);
      expect((await list(pass.id)).map(({ outcome }) => outcome)).toEqual(["closed"]);
    }
  });

  it("stands still while its pass is switched off", async () => {
    const { pass } = await insertHouse(0);
    const [person] = await people(1);
    await join(pass.id, person!.id);
    await setPass(pass.id, { stock: 1, on_sale: false });
    await sweep();
    await closeWhatIsOver(test.db, test.services.queue);
    expect(await list(pass.id)).toMatchObject([{ offered: false, outcome: null }]);
    await setPass(pass.id, { on_sale: true });
    await sweep();
    expect(await offered(pass.id)).toEqual([person!.id]);
  });
});

it("a seat that was kept is still given when the sale has ended meanwhile", async () => {
  const { pass } = await insertHouse(0);
  const [person] = await people(1);
  await join(pass.id, person!.id);
  await setPass(pass.id, { stock: 1 });
  await sweep();
  await setPass(pass.id, { sale_ends_at: ago("1 second") });
  await closeWhatIsOver(test.db, test.services.queue);
  expect(await claim(pass.id, person!.id)).toMatchObject({ ok: true, isNew: true });
});

it("who holds a pass is counted for people to read as far as it matters", async () => {
  const { pass, space } = await insertHouse(null);
  await sql`
    with person as (
      insert into users (email) select ${unique("many")} || n || '@example.com' from generate_series(1, ${mostHoldersCounted + 3}::int) n
      returning id
    )
    insert into access_grants (access_pass_id, user_id, source) select ${pass.id}::uuid, id, 'given' from person
  `.execute(test.db);
  const ids = { spaceId: space.id, passId: pass.id };
  const counted = async () => {
    const read = [await findPass(test.db, ids), await findSpacePass(test.db, ids)];
    const listed = (await listPasses(test.db, space.id)).find(({ id }) => id === pass.id);
    return [...read, listed].map((each) => [each?.holders, each?.moreHolders]);
  };
  expect(await counted()).toEqual(Array(3).fill([mostHoldersCounted, true]));
  await setPass(pass.id, { stock: 2 });
  expect(await counted()).toEqual(Array(3).fill([mostHoldersCounted + 2, true]));
  await setPass(pass.id, { stock: 3 });
  expect(await counted()).toEqual(Array(3).fill([mostHoldersCounted + 3, false]));
});
