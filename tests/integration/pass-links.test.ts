import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimPass } from "#app/domain/grants/claims.ts";
import { cancelGrant } from "#app/domain/grants/grants.ts";
import { listGrantEvents } from "#app/domain/grants/history.ts";
import { codeOf, shownCode } from "#app/domain/pass-links/codes.ts";
import { linkForm } from "#app/domain/pass-links/fields.ts";
import { findInvitation } from "#app/domain/pass-links/invitation.ts";
import { findLink, insertLink, listLinks, mostLinks, revokeLink } from "#app/domain/pass-links/links.ts";
import { listTaken } from "#app/domain/pass-links/taken.ts";
import { findTaker, takeByLink } from "#app/domain/pass-links/taking.ts";
import { joinWait } from "#app/domain/passes/waits.ts";
import { ago, ban, inFuture, insertGrant, insertPass, insertPeople, insertUser } from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

const secrets = ["the-secret-of-the-links"];
const people = (many: number) => Promise.all(Array.from({ length: many }, () => insertUser(test.db)));

type Fields = Parameters<typeof insertLink>[2]["fields"];

async function insertHouse(values: Record<string, unknown> = {}) {
  const house = await insertPeople(test.db);
  const pass = await insertPass(test.db, { spaceId: house.space.id, experienceIds: [house.experience.id] });
  if (Object.keys(values).length > 0) await setPass(pass.id, values);
  const of = { spaceId: house.space.id, passId: pass.id };
  return { ...house, pass, of, act: { ...of, actorId: house.people.owner.id } };
}

const setPass = (passId: string, values: Record<string, unknown>) =>
  test.db.updateTable("access_passes").set(values).where("id", "=", passId).execute();
const setLink = (linkId: string, values: Record<string, unknown>) =>
  test.db.updateTable("access_pass_links").set(values).where("id", "=", linkId).execute();

type Act = { spaceId: string; passId: string; actorId: string };
const tryLink = (act: Act, fields: Partial<Fields> = {}) =>
  insertLink(test.db, secrets, {
    ...act,
    fields: { name: "Newsletter", mostUses: null, endsAt: null, formKey: randomUUID(), ...fields },
  });

async function makeLink(act: Act, fields: Partial<Fields> = {}) {
  const made = await tryLink(act, fields);
  if (!made.ok) throw new Error(made.reason);
  return made.linkId;
}

const take = (linkId: string, userId: string) => takeByLink(test.db, test.services.queue, { linkId, userId });
const usesOf = async (linkId: string) =>
  (
    await test.db
      .selectFrom("access_pass_links")
      .select("uses")
      .where("id", "=", linkId)
      .executeTakeFirstOrThrow()
  ).uses;
const grantsOf = (passId: string) =>
  test.db
    .selectFrom("access_grants")
    .select(["id", "user_id", "source", "status", "ends_at", "granted_by", "access_pass_link_id"])
    .where("access_pass_id", "=", passId)
    .orderBy("id")
    .execute();

async function expectUnchanged<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const before = await everything(test.db);
  const answer = await ask();
  expect(await everything(test.db)).toBe(before);
  return answer;
}

describe("making a link", () => {
  it("keeps its code nowhere, shows it again, and after a change of the server's secret finds it still", async () => {
    const { act, of } = await insertHouse();
    const linkId = await makeLink(act);
    const link = (await findLink(test.db, { ...of, linkId }))!;
    const code = shownCode(secrets, link)!;
    expect(code).toMatch(/^[\w-]{43}$/);
    expect(await everything(test.db)).not.toContain(code);
    expect(await findInvitation(test.db, code)).toMatchObject({ linkId, state: "open" });
    expect(shownCode(["a-new-secret", ...secrets], link)).toBe(code);
    expect(shownCode(["a-new-secret"], link)).toBeUndefined();
    for (const wrong of [codeOf(["a-new-secret"], linkId), codeOf(secrets, randomUUID()), "", "x", undefined])
      expect(await findInvitation(test.db, wrong)).toBeUndefined();
  });

  it("makes one link of one form, however often and at once it is sent", async () => {
    const { act, of } = await insertHouse();
    const formKey = randomUUID();
    const made = await Promise.all(Array.from({ length: 5 }, () => tryLink(act, { formKey })));
    expect(made.filter(({ ok }) => ok)).toHaveLength(1);
    expect(made.filter(({ ok }) => !ok)).toEqual(Array(4).fill({ ok: false, reason: "made_before" }));
    expect(await listLinks(test.db, of)).toHaveLength(1);
  });

  it("refuses an end that is past, a pass that is over or of others, and more than a hundred that are open", async () => {
    const { act, of } = await insertHouse();
    const theirs = await insertHouse();
    const endsAt = new Date(Date.now() - 60_000).toISOString();
    expect(await expectUnchanged(() => tryLink(act, { endsAt }))).toEqual({ ok: false, reason: "past" });
    const foreign = { ...act, passId: theirs.pass.id };
    expect(await expectUnchanged(() => tryLink(foreign))).toEqual({ ok: false, reason: "gone" });
    await Promise.all(Array.from({ length: mostLinks - 1 }, () => makeLink(act)));
    const last = await Promise.all(Array.from({ length: 4 }, () => tryLink(act)));
    expect(last.filter(({ ok }) => ok)).toHaveLength(1);
    expect(last.filter(({ ok }) => !ok)).toEqual(Array(3).fill({ ok: false, reason: "too_many" }));
    const [first] = await listLinks(test.db, of);
    expect(await revokeLink(test.db, { ...act, linkId: first!.id })).toBe(true);
    expect(await tryLink(act)).toMatchObject({ ok: true });
    for (const values of [
      { term: "until" as const, term_until: ago("1 hour") },
      { retired_at: sql<Date>`now()` },
    ]) {
      const over = await insertHouse(values);
      expect(await expectUnchanged(() => tryLink(over.act))).toEqual({ ok: false, reason: "gone" });
    }
  });

  it.each([
    ["0", "uses"],
    ["-1", "uses"],
    ["1.5", "uses"],
    ["1e3", "uses"],
    ["1000001", "uses"],
    ["9".repeat(400), "uses"],
  ])("takes no %s for how many", (uses, field) => {
    const read = linkForm.safeParse({ name: "A", uses, end: "none", formKey: randomUUID() });
    expect(read.error?.issues.map(({ path }) => path[0])).toEqual([field]);
  });
});

describe("taking a pass by a link", () => {
  it("gives it at no price, before and after its sale and switched off, to the end of its term, once", async () => {
    for (const values of [
      { price_minor: 1250 },
      { on_sale: false },
      { sale_starts_at: inFuture("2 days") },
      { sale_ends_at: ago("1 hour") },
    ]) {
      const {
        act,
        of,
        pass,
        people: cast,
      } = await insertHouse({
        ...values,
        term: "days" as const,
        term_days: 30,
      });
      const linkId = await makeLink(act);
      const { id: userId } = await insertUser(test.db);
      const taken = await take(linkId, userId);
      expect(taken).toMatchObject({ ok: true, isNew: true });
      if (!taken.ok) throw new Error(taken.reason);
      expect(await grantsOf(pass.id)).toMatchObject([
        { user_id: userId, source: "link", granted_by: cast.owner.id, access_pass_link_id: linkId },
      ]);
      expect((await grantsOf(pass.id))[0]!.ends_at!.getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000);
      expect(await listGrantEvents(test.db, { ...of, grantId: taken.grantId })).toMatchObject([
        { kind: "link_taken" },
      ]);
      const again = await expectUnchanged(() => take(linkId, userId));
      expect(again).toEqual({ ok: true, grantId: taken.grantId, isNew: false });
      expect(await usesOf(linkId)).toBe(1);
      expect(await findTaker(test.db, { linkId, userId })).toBe("held");
    }
  });

  it("of 50 people at the same instant gives it to exactly the 5 that it is for", async () => {
    const { act, pass } = await insertHouse();
    const linkId = await makeLink(act, { mostUses: 5 });
    const crowd = await people(50);
    const takes = await Promise.all(crowd.map(({ id }) => take(linkId, id)));
    expect(takes.filter(({ ok }) => ok)).toHaveLength(5);
    expect(takes.filter(({ ok }) => !ok)).toEqual(Array(45).fill({ ok: false, reason: "spent" }));
    expect(await grantsOf(pass.id)).toHaveLength(5);
    expect(await usesOf(linkId)).toBe(5);
  });

  it("never gives more than the seats, whichever of two links, and the pass's own page, people come by", async () => {
    const { act, pass } = await insertHouse({ stock: 4 });
    const links = [await makeLink(act, { mostUses: 10 }), await makeLink(act)];
    const crowd = await people(30);
    const takes = await Promise.all(
      crowd.map(({ id }, index) =>
        index % 3 === 2
          ? claimPass(test.db, test.services.queue, { userId: id, passId: pass.id })
          : take(links[index % 3]!, id),
      ),
    );
    expect(takes.filter(({ ok }) => ok)).toHaveLength(4);
    expect(takes.filter(({ ok }) => !ok)).toEqual(Array(26).fill({ ok: false, reason: "sold_out" }));
    const grants = await grantsOf(pass.id);
    expect(grants).toHaveLength(4);
    for (const link of links)
      expect(await usesOf(link)).toBe(
        grants.filter(({ access_pass_link_id }) => access_pass_link_id === link).length,
      );
  });

  it("is one use of one person, in however many tabs, links and on its page they press at once", async () => {
    const { act, pass } = await insertHouse();
    const links = [await makeLink(act), await makeLink(act)];
    const { id: userId } = await insertUser(test.db);
    const takes = await Promise.all([
      ...Array.from({ length: 8 }, (_, index) => take(links[index % 2]!, userId)),
      ...Array.from({ length: 4 }, () =>
        claimPass(test.db, test.services.queue, { userId, passId: pass.id }),
      ),
    ]);
    expect(takes.filter((taken) => taken.ok && taken.isNew)).toHaveLength(1);
    expect(takes.every(({ ok }) => ok)).toBe(true);
    const grants = await grantsOf(pass.id);
    expect(grants).toHaveLength(1);
    expect((await usesOf(links[0]!)) + (await usesOf(links[1]!))).toBe(grants[0]!.source === "link" ? 1 : 0);
  });

  it("overtakes nobody who waits, and ends the wait of who takes it", async () => {
    const { act, pass } = await insertHouse({ stock: 0 });
    const linkId = await makeLink(act);
    const [first, second] = await people(2);
    for (const { id } of [first!, second!])
      expect(await joinWait(test.db, { userId: id, passId: pass.id })).toEqual({ ok: true });
    await setPass(pass.id, { stock: 1 });
    expect(await expectUnchanged(() => take(linkId, second!.id))).toEqual({ ok: false, reason: "sold_out" });
    expect(await take(linkId, first!.id)).toMatchObject({ ok: true, isNew: true });
    const waits = await test.db
      .selectFrom("access_pass_waits")
      .select(["user_id", "outcome"])
      .where("access_pass_id", "=", pass.id)
      .orderBy("number")
      .execute();
    expect(waits.map(({ outcome }) => outcome)).toEqual(["taken", null]);
  });

  it("tells who may not what it is, and changes nothing", async () => {
    const { act, pass, space, people: cast } = await insertHouse();
    const linkId = await makeLink(act);
    const [banned, back, ran, off] = await people(4);
    await ban(test.db, { spaceId: space.id, userId: banned!.id, by: cast.owner.id });
    await insertGrant(test.db, { passId: pass.id, userId: back!.id, status: "cancelled" });
    await test.db
      .updateTable("users")
      .set({ disabled_at: sql`now()` })
      .where("id", "=", off!.id)
      .execute();
    const taken = await take(linkId, ran!.id);
    if (!taken.ok) throw new Error(taken.reason);
    await test.db
      .updateTable("access_grants")
      .set({ starts_at: ago("2 days"), ends_at: ago("1 day"), status: "expired" })
      .where("id", "=", taken.grantId)
      .execute();
    const expected = [
      [banned!, "banned"],
      [back!, "taken_back"],
      [ran!, "used"],
      [off!, "gone"],
    ] as const;
    for (const [{ id: userId }, reason] of expected) {
      expect(await expectUnchanged(() => take(linkId, userId))).toEqual({ ok: false, reason });
      expect(await findTaker(test.db, { linkId, userId })).toBe(reason);
    }
    expect(await expectUnchanged(() => take(randomUUID(), ran!.id))).toEqual({ ok: false, reason: "gone" });
  });

  it("gives nothing by a link that has run out, was revoked or is used up, nor of a pass that is over or retired", async () => {
    const ends: [
      string,
      (house: Awaited<ReturnType<typeof insertHouse>>, linkId: string) => Promise<unknown>,
    ][] = [
      ["expired", (_, linkId) => setLink(linkId, { ends_at: ago("1 second") })],
      ["revoked", ({ act }, linkId) => revokeLink(test.db, { ...act, linkId })],
      ["spent", (_, linkId) => setLink(linkId, { most_uses: 1, uses: 1 })],
      ["over", ({ pass }) => setPass(pass.id, { term: "until", term_until: ago("1 second") })],
      ["retired", ({ pass }) => setPass(pass.id, { retired_at: sql`now()` })],
    ];
    for (const [reason, end] of ends) {
      const house = await insertHouse();
      const linkId = await makeLink(house.act);
      const { id: userId } = await insertUser(test.db);
      await end(house, linkId);
      expect(await findTaker(test.db, { linkId, userId })).toBe(reason);
      expect(await expectUnchanged(() => take(linkId, userId))).toEqual({ ok: false, reason });
    }
  });

  it("closes what somebody asked for before", async () => {
    const { act, pass } = await insertHouse({ price_minor: 1250 });
    const linkId = await makeLink(act);
    const { id: userId } = await insertUser(test.db);
    await test.db
      .insertInto("access_pass_requests")
      .values({ access_pass_id: pass.id, user_id: userId, price_minor: 1250, currency: "EUR" })
      .execute();
    expect(await take(linkId, userId)).toMatchObject({ ok: true });
    const asked = await test.db
      .selectFrom("access_pass_requests")
      .select("status")
      .where("access_pass_id", "=", pass.id)
      .execute();
    expect(asked).toEqual([{ status: "withdrawn" }]);
  });
});

describe("revoking a link", () => {
  it("leaves what was taken, lists it, and leaves each to be ended", async () => {
    const { act, of, pass } = await insertHouse();
    const linkId = await makeLink(act);
    const [first, second, late] = await people(3);
    for (const { id } of [first!, second!]) expect(await take(linkId, id)).toMatchObject({ ok: true });
    const revoked = await Promise.all(
      Array.from({ length: 4 }, () => revokeLink(test.db, { ...act, linkId })),
    );
    expect(revoked.filter(Boolean)).toHaveLength(1);
    expect(await take(linkId, late!.id)).toEqual({ ok: false, reason: "revoked" });
    const taken = await listTaken(test.db, { ...of, linkId, most: 10 });
    expect(taken.map(({ email, status }) => [email, status])).toEqual([
      [second!.email, "active"],
      [first!.email, "active"],
    ]);
    const rest = await listTaken(test.db, { ...of, linkId, before: taken[0]!.id, most: 10 });
    expect(rest.map(({ email }) => email)).toEqual([first!.email]);
    expect(
      await cancelGrant(test.db, test.services.queue, { ...act, grantId: taken[0]!.id, reason: "No" }),
    ).toBe(true);
    expect((await grantsOf(pass.id)).map(({ status }) => status)).toEqual(["active", "cancelled"]);
    expect(await take(linkId, first!.id)).toMatchObject({ ok: true, isNew: false });
  });

  it("is for owners of its space: ids of others change nothing", async () => {
    const [mine, theirs] = [await insertHouse(), await insertHouse()];
    const linkId = await makeLink(theirs.act);
    expect(await expectUnchanged(() => revokeLink(test.db, { ...mine.act, linkId }))).toBe(false);
    const mixed = { ...mine.act, passId: theirs.pass.id, linkId };
    expect(await expectUnchanged(() => revokeLink(test.db, mixed))).toBe(false);
    expect(await findLink(test.db, { ...mine.of, linkId })).toBeUndefined();
    expect(await listTaken(test.db, { ...mine.of, linkId, most: 10 })).toEqual([]);
  });
});
