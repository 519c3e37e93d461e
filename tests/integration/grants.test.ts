import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findAccess } from "#app/domain/access/decision.ts";
import { expireGrants } from "#app/domain/grants/expiry.ts";
import { claimPass } from "#app/domain/grants/claims.ts";
import { giveGrant } from "#app/domain/grants/gifts.ts";
import { cancelGrant, refundGrant } from "#app/domain/grants/grants.ts";
import { findGrants } from "#app/domain/grants/search.ts";
import { retirePass } from "#app/domain/passes/passes.ts";
import { ago, ban, inFuture, insertGrant, insertPeople, insertUser, unique } from "#tests/factories.ts";
import { grantMail } from "#worker/handlers/grant-mail.ts";
import { hear as hearAt } from "./notices.ts";
import { createTestDatabase, openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

const grantsOf = (userId: string) =>
  test.db
    .selectFrom("access_grants")
    .select(["id", "status", "source", "ends_at", "granted_by"])
    .where("user_id", "=", userId)
    .orderBy("id")
    .execute();

const jobsFor = async (grantId: string) =>
  (
    await sql`select 1 from pgboss.job where name = 'grant.mail' and data ->> 'grantId' = ${grantId}`.execute(
      test.db,
    )
  ).rows.length;

const hear = (change: () => Promise<unknown>) => hearAt(test.services.config.databaseUrl, change);

describe("claiming a pass", () => {
  it("gives it once, however often and from how many tabs it is asked for", async () => {
    const { db } = test;
    const { pass, people, stream } = await insertPeople(db);
    const userId = people.stranger.id;
    const claims = await Promise.all(
      Array.from({ length: 6 }, () => claimPass(db, test.services.queue, { userId, passId: pass.id })),
    );
    expect(claims.map(({ ok }) => ok)).toEqual(Array(6).fill(true));
    expect(claims.filter((claim) => claim.ok && claim.isNew)).toHaveLength(1);
    expect(await grantsOf(userId)).toMatchObject([{ status: "active", source: "claim", ends_at: null }]);
    expect(await findAccess(db, { userId, streamId: stream.id })).toMatchObject({
      reason: "grant",
      mayWatch: true,
    });
  });

  it("tells the person's open pages, and not again when nothing changed", async () => {
    const { db } = test;
    const { pass, people } = await insertPeople(db);
    const userId = people.stranger.id;
    const claim = () => claimPass(db, test.services.queue, { userId, passId: pass.id });
    expect(await hear(claim)).toContainEqual({ kind: "person", userId });
    expect(await hear(claim)).not.toContainEqual({ kind: "person", userId });
  });

  it("ends after the pass's days, by the database's clock", async () => {
    const { db } = test;
    const { pass, people } = await insertPeople(db);
    await db
      .updateTable("access_passes")
      .set({ term: "days", term_days: 7 })
      .where("id", "=", pass.id)
      .execute();
    await claimPass(db, test.services.queue, { userId: people.stranger.id, passId: pass.id });
    const { rows } = await sql<{ exact: boolean }>`
      select ends_at = starts_at + interval '7 days' as exact from access_grants where user_id = ${people.stranger.id}
    `.execute(db);
    expect(rows).toEqual([{ exact: true }]);
  });

  it("can be had again when it ran out, though nobody has marked that yet", async () => {
    const { db } = test;
    const { pass, people } = await insertPeople(db);
    const before = await grantsOf(people.ended.id);
    expect(before).toMatchObject([{ status: "active" }]);
    const both = await Promise.all(
      [1, 2].map(() => claimPass(db, test.services.queue, { userId: people.ended.id, passId: pass.id })),
    );
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
    expect((await grantsOf(people.ended.id)).map(({ status }) => status)).toEqual(["expired", "active"]);
  });

  it("is refused when it is retired, over, not free, taken back, refunded, or the person is banned", async () => {
    const { db } = test;
    const refusal = async (change: (house: Awaited<ReturnType<typeof insertPeople>>) => Promise<unknown>) => {
      const house = await insertPeople(db);
      await change(house);
      const userId = house.people.stranger.id;
      const before = await grantsOf(userId);
      const claimed = await claimPass(db, test.services.queue, { userId, passId: house.pass.id });
      expect(await grantsOf(userId)).toEqual(before);
      return claimed.ok ? "given" : claimed.reason;
    };
    const set = (values: Record<string, unknown>) => (house: { pass: { id: string } }) =>
      db.updateTable("access_passes").set(values).where("id", "=", house.pass.id).execute();
    expect(await refusal(set({ retired_at: sql`now()` }))).toBe("retired");
    expect(await refusal(set({ term: "until", term_until: ago("1 second") }))).toBe("over");
    expect(await refusal(set({ price_minor: 1200 }))).toBe("not_free");
    expect(
      await refusal(({ pass, people }) =>
        insertGrant(db, { passId: pass.id, userId: people.stranger.id, status: "cancelled" }),
      ),
    ).toBe("taken_back");
    expect(
      await refusal(({ pass, people }) =>
        insertGrant(db, { passId: pass.id, userId: people.stranger.id, status: "refunded" }),
      ),
    ).toBe("taken_back");
    expect(
      await refusal(({ space, people }) =>
        ban(db, { spaceId: space.id, userId: people.stranger.id, by: people.owner.id }),
      ),
    ).toBe("banned");
    expect(
      await refusal(({ space }) =>
        db
          .updateTable("spaces")
          .set({ retired_at: sql`now()` })
          .where("id", "=", space.id)
          .execute(),
      ),
    ).toBe("gone");
  });
});

describe("giving a pass", () => {
  it("to an address that was never here makes the person, the grant and one letter", async () => {
    const { db, services, letters } = test;
    const { pass, space, people, experience } = await insertPeople(db);
    const email = `${unique("new")}@example.com`;
    const give = () =>
      giveGrant(db, services.queue, {
        spaceId: space.id,
        passId: pass.id,
        email,
        grantedBy: people.owner.id,
      });
    const both = await Promise.all([give(), give()]);
    const given = both.find((one) => one.ok);
    if (!given?.ok) throw new Error("nobody got it");
    expect(both.filter(({ ok }) => !ok)).toMatchObject([{ reason: "held", endsAt: null }]);
    const person = await db
      .selectFrom("users")
      .select(["id", "first_signed_in_at"])
      .where("email", "=", email)
      .executeTakeFirstOrThrow();
    expect(person.first_signed_in_at).toBeNull();
    expect(await grantsOf(person.id)).toMatchObject([
      { id: given.grantId, source: "given", granted_by: people.owner.id },
    ]);
    expect(await jobsFor(given.grantId)).toBe(1);

    const sent = () => letters.filter(({ to }) => to.includes(email));
    await grantMail(services, { grantId: given.grantId });
    await grantMail(services, { grantId: given.grantId });
    expect(sent()).toHaveLength(1);
    const { raw } = sent()[0]!;
    expect(raw).toContain(`Subject: ${space.name} gave you a pass: ${pass.name}`);
    expect(raw).toContain(`- ${experience.name}`);
    expect(raw).toContain("It has no end.");
    expect(raw).toContain(`${services.config.publicUrl}/account/experiences`);
    expect(raw).toContain(`${services.config.publicUrl}/${space.slug}`);
  });

  it("tells in the letter until when it is theirs, in words that cannot break the letter", async () => {
    const { db, services, letters } = test;
    const { pass, space, people } = await insertPeople(db);
    await db
      .updateTable("access_passes")
      .set({
        term: "until",
        term_until: "2099-12-31T22:59:00Z",
        term_time_zone: "Europe/Berlin",
        at_expiry: "cut",
      })
      .where("id", "=", pass.id)
      .execute();
    await db
      .updateTable("spaces")
      .set({ name: "Evil\r\nBcc: all@example.com" })
      .where("id", "=", space.id)
      .execute();
    const email = `${unique("until")}@example.com`;
    const to = { spaceId: space.id, passId: pass.id, email, grantedBy: people.owner.id };
    const given = await giveGrant(db, services.queue, to);
    if (!given.ok) throw new Error(given.reason);
    await grantMail(services, { grantId: given.grantId });
    const [letter] = letters.filter(({ to }) => to.includes(email));
    expect(letter?.to).toEqual([email]);
    const [head, ...rest] = letter!.raw.replaceAll("\r\n", "\n").split("\n\n");
    // Quoted-printable breaks its lines with "=".
    const body = rest.join("\n\n").replaceAll("=\n", "");
    expect(head).toMatch(/^Subject: Evil Bcc: all@example.com gave you a pass/m);
    expect(head).not.toMatch(/^Bcc:/m);
    expect(body).toMatch(/until Thursday, 31 December 2099, 23:59 \(Europe\/Berlin\)/);
    expect(body).toContain("also in the middle of a stream");
    expect(body).toContain("Evil Bcc: all@example.com gave you the pass");
  });

  it("writes nothing about a grant that was taken back before the letter went", async () => {
    const { db, services, letters } = test;
    const { pass, space, people } = await insertPeople(db);
    const email = `${unique("back")}@example.com`;
    const to = { spaceId: space.id, passId: pass.id, email, grantedBy: people.owner.id };
    const given = await giveGrant(db, services.queue, to);
    if (!given.ok) throw new Error(given.reason);
    await cancelGrant(db, services.queue, {
      spaceId: space.id,
      passId: pass.id,
      grantId: given.grantId,
      actorId: people.owner.id,
    });
    await grantMail(services, { grantId: given.grantId });
    expect(letters.filter(({ to }) => to.includes(email))).toEqual([]);
  });

  it("is refused for a pass of another space or one that is retired, and leaves no person behind", async () => {
    const { db, services } = test;
    const [mine, theirs] = [await insertPeople(db), await insertPeople(db)];
    const email = `${unique("nobody")}@example.com`;
    const give = (spaceId: string, passId: string) =>
      giveGrant(db, services.queue, { spaceId, passId, email, grantedBy: mine.people.owner.id });
    expect(await give(mine.space.id, theirs.pass.id)).toEqual({ ok: false, reason: "gone" });
    await retirePass(db, { spaceId: mine.space.id, passId: mine.pass.id });
    expect(await give(mine.space.id, mine.pass.id)).toEqual({ ok: false, reason: "gone" });
    expect(await db.selectFrom("users").select("id").where("email", "=", email).execute()).toEqual([]);
  });

  it("gives again what was taken back, which a claim does not", async () => {
    const { db, services } = test;
    const { pass, space, people, grant, stream } = await insertPeople(db);
    const userId = people.viewer.id;
    await cancelGrant(db, services.queue, {
      spaceId: space.id,
      passId: pass.id,
      grantId: grant.id,
      actorId: people.owner.id,
    });
    expect(await claimPass(db, test.services.queue, { userId, passId: pass.id })).toEqual({
      ok: false,
      reason: "taken_back",
    });
    const to = { spaceId: space.id, passId: pass.id, email: people.viewer.email, grantedBy: people.owner.id };
    expect(await giveGrant(db, services.queue, to)).toMatchObject({ ok: true });
    expect(await findAccess(db, { userId, streamId: stream.id })).toMatchObject({ reason: "grant" });
  });
});

describe("taking a grant back", () => {
  it.each([
    ["cancelled", cancelGrant],
    ["refunded", refundGrant],
  ] as const)("%s: once, also twice at once, told to its holder's pages", async (status, move) => {
    const { db } = test;
    const { pass, space, people, grant, stream } = await insertPeople(db);
    const { queue } = test.services;
    const ids = { spaceId: space.id, passId: pass.id, grantId: grant.id, actorId: people.owner.id };
    const outcome: boolean[] = [];
    const heard = await hear(async () =>
      outcome.push(...(await Promise.all([move(db, queue, ids), move(db, queue, ids)]))),
    );
    expect(outcome.sort()).toEqual([false, true]);
    expect(heard).toEqual([{ kind: "person", userId: people.viewer.id }]);
    expect(await findAccess(db, { userId: people.viewer.id, streamId: stream.id })).toMatchObject({
      reason: `grant_${status}`,
      mayWatch: false,
    });
  });

  it("works on what has run out, since its holder may be staying to a stream's end", async () => {
    const { db } = test;
    const { pass, space, stream, people } = await insertPeople(db);
    const viewer = await insertUser(db);
    const times = { startsAt: ago("1 day"), endsAt: ago("1 minute"), status: "expired" } as const;
    const staying = await insertGrant(db, { passId: pass.id, userId: viewer.id, ...times });
    const ask = () => findAccess(db, { userId: viewer.id, streamId: stream.id });
    expect(await ask()).toMatchObject({ reason: "grant" });
    const act = { spaceId: space.id, passId: pass.id, grantId: staying.id, actorId: people.owner.id };
    expect(await cancelGrant(db, test.services.queue, act)).toBe(true);
    expect(await ask()).toMatchObject({ reason: "grant_cancelled", mayWatch: false });
  });

  it("does nothing to a grant of another space or another pass", async () => {
    const { db } = test;
    const [mine, theirs] = [await insertPeople(db), await insertPeople(db)];
    const { queue } = test.services;
    const by = { grantId: theirs.grant.id, actorId: mine.people.owner.id };
    const foreign = { spaceId: mine.space.id, passId: theirs.pass.id, ...by };
    const crossed = { spaceId: mine.space.id, passId: mine.pass.id, ...by };
    for (const ids of [foreign, crossed]) {
      expect(await cancelGrant(db, queue, ids)).toBe(false);
      expect(await refundGrant(db, queue, ids)).toBe(false);
    }
    expect(await grantsOf(theirs.people.viewer.id)).toMatchObject([{ status: "active" }]);
  });
});

describe("running out", () => {
  it("is seen from the instant itself, and marked by a sweep that may run twice at once", async () => {
    const own = await createTestDatabase();
    try {
      const { db } = own;
      const { pass, space, people } = await insertPeople(db);
      for (let number = 0; number < 20; number += 1) {
        const { id } = await insertUser(db);
        await insertGrant(db, {
          passId: pass.id,
          userId: id,
          startsAt: ago("2 days"),
          endsAt: ago("1 hour"),
        });
      }
      await insertGrant(db, { passId: pass.id, userId: people.stranger.id, endsAt: inFuture("1 hour") });
      const list = await findGrants(db, { spaceId: space.id, passId: pass.id, most: 100 });
      const expired = list.grants.filter(({ status }) => status === "expired");
      expect(expired).toHaveLength(21);
      const marked = await Promise.all([
        expireGrants(db, test.services.queue),
        expireGrants(db, test.services.queue),
        expireGrants(db, test.services.queue, { most: 5 }),
      ]);
      expect(marked.reduce((sum, many) => sum + many, 0)).toBe(21);
      expect(await expireGrants(db, test.services.queue)).toBe(0);
      const rows = await db
        .selectFrom("access_grants")
        .select("status")
        .where("access_pass_id", "=", pass.id)
        .execute();
      expect(rows.filter(({ status }) => status === "expired")).toHaveLength(21);
      expect(rows.filter(({ status }) => status === "active")).toHaveLength(3);
    } finally {
      await own.drop();
    }
  });

  it("tells the holder's pages", async () => {
    const { db } = test;
    const { pass } = await insertPeople(db);
    const { id: userId } = await insertUser(db);
    await insertGrant(db, { passId: pass.id, userId, startsAt: ago("2 days"), endsAt: ago("1 hour") });
    expect(await hear(() => expireGrants(db, test.services.queue))).toContainEqual({
      kind: "person",
      userId,
    });
  });
});
