import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findCaller, findKey, insertKey } from "#app/domain/api-keys/keys.ts";
import { giveGrant } from "#app/domain/grants/gifts.ts";
import { deliverTo } from "#app/domain/outgoing-webhooks/deliver.ts";
import { announce } from "#app/domain/outgoing-webhooks/announce.ts";
import {
  findEndpoint,
  insertEndpoint,
  listEndpoints,
  switchOn,
  updateEndpoint,
} from "#app/domain/outgoing-webhooks/endpoints.ts";
import { switchOffOf } from "#app/domain/outgoing-webhooks/switching-off.ts";
import { findLink, insertLink } from "#app/domain/pass-links/links.ts";
import { findTaker, takeByLink } from "#app/domain/pass-links/taking.ts";
import { changeRole, removeMember } from "#app/domain/teams/members.ts";
import { insertMember, insertPeople, insertUser, unique } from "#tests/factories.ts";
import { teamOwnerLeftMail } from "#worker/handlers/team-owner-left-mail.ts";
import { webhookOffMail } from "#worker/handlers/webhook-off-mail.ts";
import { openTestServices } from "./setup.ts";
import { startReceiver } from "./webhook-receiver.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeAll(async () => {
  test = await openTestServices({ env: { WEBHOOKS_ALLOW_PRIVATE: "1" } });
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await test.close();
});

/** A space with two owners, each with an endpoint, a link and a key of their own. */
async function setStage() {
  const { db } = test;
  const house = await insertPeople(db);
  const leaver = await insertUser(db);
  await insertMember(db, { spaceId: house.space.id, userId: leaver.id, role: "owner" });
  const of = { spaceId: house.space.id, passId: house.pass.id };
  const made = async (actorId: string) => {
    const path = unique("hook");
    const endpoint = await addEndpoint({ spaceId: of.spaceId, actorId }, `${receiver.url}/${path}`);
    const link = await addLink({ ...of, actorId });
    const key = await addKey({ spaceId: of.spaceId, actorId });
    if (!endpoint.ok || !link.ok || !key.ok) throw new Error("nothing was made");
    const deliver = () => deliverTo(test.services, { endpointId: endpoint.endpointId });
    const heard = () => heardAt(path);
    const calls = () => findCaller(db, key.secret);
    return {
      ...{ endpointId: endpoint.endpointId, linkId: link.linkId, keyId: key.keyId },
      ...{ deliver, heard, calls },
    };
  };
  const [theirs, ours] = [await made(leaver.id), await made(house.people.owner.id)];
  const happens = async () => {
    const to = { ...of, email: `${unique("new")}@example.com`, grantedBy: house.people.owner.id };
    expect(await giveGrant(db, test.services.queue, to)).toMatchObject({ ok: true });
  };
  return { ...house, ...of, leaver, theirs, ours, happens };
}

const heardAt = (path: string) => receiver.received.filter((one) => one.path.endsWith(path)).length;

const addEndpoint = (of: { spaceId: string; actorId: string }, url: string) =>
  insertEndpoint(test.db, { ...of, url, events: ["grant.created"], formKey: randomUUID() });

const addLink = (of: { spaceId: string; passId: string; actorId: string }) =>
  insertLink(test.db, ["a-secret-of-links"], {
    ...of,
    fields: { name: "Newsletter", mostUses: null, endsAt: null, formKey: randomUUID() },
  });

const addKey = (of: { spaceId: string; actorId: string }) =>
  insertKey(test.db, { ...of, name: "The shop", scopes: ["grants:read"], formKey: randomUUID() });

const change = (of: { spaceId: string; endpointId: string; actorId: string }, path = "changed") =>
  updateEndpoint(test.db, { ...of, url: `${receiver.url}/${path}`, events: ["grant.created"] });

type Stage = Awaited<ReturnType<typeof setStage>>;
const { remove, leave, demote } = {
  remove: ({ spaceId, leaver, people }: Stage) =>
    removeMember(test.db, test.services.queue, { spaceId, actorId: people.owner.id, userId: leaver.id }),
  leave: ({ spaceId, leaver }: Stage) =>
    removeMember(test.db, test.services.queue, { spaceId, actorId: leaver.id, userId: leaver.id }),
  demote: ({ spaceId, leaver, people }: Stage) =>
    changeRole(test.db, test.services.queue, {
      ...{ spaceId, actorId: people.owner.id, userId: leaver.id, role: "host" },
    }),
};

/** They are an owner again, as after another invitation. */
const comeBack = async ({ spaceId, leaver }: Stage) => {
  await test.db.deleteFrom("space_members").where("user_id", "=", leaver.id).execute();
  await insertMember(test.db, { spaceId, userId: leaver.id, role: "owner" });
};

const mailJobs = async ({ spaceId }: Stage) =>
  (
    await sql`select from pgboss.job where name = 'team.owner-left-mail' and data ->> 'spaceId' = ${spaceId}`.execute(
      test.db,
    )
  ).rows.length;

describe("what an owner made goes with their right to (ASVS 8.3.3)", () => {
  it.each([
    ["is removed", remove],
    ["leaves", leave],
    ["becomes a host", demote],
  ])(
    "who %s: their server hears of nobody, also not of what waits, and their link gives nothing",
    async (_, stop) => {
      const stage = await setStage();
      const { people, theirs, ours, happens } = stage;
      await happens();
      for (const { deliver } of [theirs, ours]) await deliver();
      expect([theirs.heard(), ours.heard()]).toEqual([1, 1]);
      await happens();
      expect(await stop(stage)).toEqual({ ok: true });
      await happens();
      for (const { deliver } of [theirs, ours]) await deliver();
      expect([theirs.heard(), ours.heard()]).toEqual([1, 3]);
      const taker = (linkId: string) => findTaker(test.db, { linkId, userId: people.stranger.id });
      expect([await taker(theirs.linkId), await taker(ours.linkId)]).toEqual(["revoked", "open"]);
    },
  );

  it.each([
    ["is removed", remove],
    ["leaves", leave],
    ["becomes a host", demote],
  ])("who %s: their key calls nothing any more, also when they come back", async (_, stop) => {
    const stage = await setStage();
    const { people, spaceId, leaver, theirs, ours } = stage;
    expect(await theirs.calls()).toMatchObject({ userId: leaver.id });
    expect(await stop(stage)).toEqual({ ok: true });
    expect(await theirs.calls()).toBeUndefined();
    await comeBack(stage);
    expect(await theirs.calls()).toBeUndefined();
    expect(await ours.calls()).toMatchObject({ userId: people.owner.id });
    expect(await findKey(test.db, { spaceId, keyId: theirs.keyId })).toMatchObject({
      revokedAt: expect.any(Date),
      ownerLeft: true,
    });
    expect(await findKey(test.db, { spaceId, keyId: ours.keyId })).toMatchObject({ revokedAt: null });
  });

  it("goes where they had sent it: an address is theirs who changed it last", async () => {
    const stage = await setStage();
    const { people, spaceId, leaver, theirs, ours, happens } = stage;
    const [mine, good] = [unique("mine"), unique("good")];
    const of = { spaceId, endpointId: ours.endpointId };
    for (const nobodys of [people.host, people.moderator, people.otherOwner, people.stranger])
      expect(await change({ ...of, actorId: nobodys.id }, mine)).toBe(false);
    expect(await change({ ...of, spaceId: randomUUID(), actorId: leaver.id }, mine)).toBe(false);
    expect(await findEndpoint(test.db, of)).toMatchObject({ madeBy: people.owner.email });
    expect(await change({ ...of, actorId: leaver.id }, mine)).toBe(true);
    expect(await change({ spaceId, endpointId: theirs.endpointId, actorId: people.owner.id }, good)).toBe(
      true,
    );
    await happens();
    for (const { deliver } of [theirs, ours]) await deliver();
    expect([heardAt(mine), heardAt(good)]).toEqual([1, 1]);
    await happens();
    await remove(stage);
    await happens();
    for (const { deliver } of [theirs, ours]) await deliver();
    expect([heardAt(mine), heardAt(good)]).toEqual([1, 3]);
    expect(await findEndpoint(test.db, of)).toMatchObject({ offReason: "owner_left", madeBy: leaver.email });
    expect(await findEndpoint(test.db, { spaceId, endpointId: theirs.endpointId })).toMatchObject({
      ...{ offReason: null, madeBy: people.owner.email },
    });
    expect(await change({ ...of, actorId: leaver.id }, mine)).toBe(false);
  });

  it("tells the owners who are left what stopped, once, and who can switch it on", async () => {
    const stage = await setStage();
    const { people, leaver, space, spaceId, passId, theirs, ours } = stage;
    expect(await mailJobs(stage)).toBe(0);
    await remove(stage);
    await remove(stage);
    expect(await mailJobs(stage)).toBe(1);
    const letters = () => test.letters.filter(({ to }) => to.includes(people.owner.email));
    await webhookOffMail(test.services, { endpointId: theirs.endpointId });
    expect(letters()).toEqual([]);
    for (let turn = 0; turn < 2; turn++)
      await teamOwnerLeftMail(test.services, { spaceId, userId: leaver.id });
    expect(letters()).toHaveLength(1);
    const [{ to, raw }] = letters() as [{ to: string[]; raw: string }];
    expect(to).toEqual([people.owner.email]);
    const text = raw.replaceAll("=\r\n", "").replaceAll("=3D", "=");
    for (const said of [
      leaver.email,
      space.name,
      new URL(receiver.url).host,
      "Newsletter",
      "The shop",
      "Any owner",
    ])
      expect(text).toContain(said);
    expect(text).toContain(`/account/space/webhooks/${theirs.endpointId}`);
    expect(text).toContain(`/account/passes/${passId}/links`);
    expect(text).toContain(`/account/space/api?space=${space.slug}`);
    expect(text).not.toContain(ours.endpointId);
    expect(text).not.toContain("/hook");
  });

  it("shows whose each is; an owner switches an endpoint on again, and it is theirs then", async () => {
    const stage = await setStage();
    const { people, leaver, spaceId, passId, theirs, happens } = stage;
    const whose = async () => (await listEndpoints(test.db, spaceId)).map(({ madeBy }) => madeBy);
    expect(await whose()).toEqual([leaver.email, people.owner.email]);
    await remove(stage);
    const of = { spaceId, endpointId: theirs.endpointId };
    expect(await findEndpoint(test.db, of)).toMatchObject({ offReason: "owner_left", madeBy: leaver.email });
    expect(await findLink(test.db, { spaceId, passId, linkId: theirs.linkId })).toMatchObject({
      state: "owner_left",
      madeBy: leaver.email,
    });
    for (const nobodys of [leaver, people.host, people.moderator, people.otherOwner, people.stranger])
      expect(await switchOn(test.db, { ...of, actorId: nobodys.id })).toBe(false);
    expect(await switchOn(test.db, { ...of, actorId: people.owner.id })).toBe(true);
    expect(await whose()).toEqual([people.owner.email, people.owner.email]);
    await happens();
    await theirs.deliver();
    expect(theirs.heard()).toBe(1);
  });

  it("stays where the change is refused, and where somebody else goes", async () => {
    const stage = await setStage();
    const { people, spaceId, leaver, theirs, ours } = stage;
    const { queue } = test.services;
    const byHost = { spaceId, actorId: people.host.id, userId: leaver.id };
    expect(await removeMember(test.db, queue, byHost)).toMatchObject({ ok: false });
    await removeMember(test.db, queue, { spaceId, actorId: leaver.id, userId: people.moderator.id });
    await remove(stage);
    const last = { spaceId, actorId: people.owner.id, userId: people.owner.id };
    expect(await removeMember(test.db, queue, last)).toEqual({ ok: false, reason: "last_owner" });
    const offs = (await listEndpoints(test.db, spaceId)).map(({ id, offReason }) => [id, offReason]);
    expect(offs).toEqual([
      [theirs.endpointId, "owner_left"],
      [ours.endpointId, null],
    ]);
    expect(await findTaker(test.db, { linkId: ours.linkId, userId: people.stranger.id })).toBe("open");
  });

  it("is not made either by who stops being one at the same moment, ten times", async () => {
    for (let turn = 0; turn < 10; turn++) {
      const stage = await setStage();
      const { spaceId, passId, leaver, people, theirs } = stage;
      const of = { spaceId, passId, actorId: leaver.id };
      const [gone] = await Promise.all([
        turn % 2 ? remove(stage) : demote(stage),
        addEndpoint(of, `${receiver.url}/late`),
        addLink(of),
        addKey(of),
        takeByLink(test.db, test.services.queue, { linkId: theirs.linkId, userId: people.stranger.id }),
      ]);
      expect(gone).toEqual({ ok: true });
      expect(await addKey(of)).toEqual({ ok: false, reason: "gone" });
      expect(await addEndpoint(of, `${receiver.url}/later`)).toEqual({ ok: false, reason: "gone" });
      expect(await addLink(of)).toEqual({ ok: false, reason: "gone" });
      const { rows } = await sql`
        select from webhook_endpoints where made_by = ${leaver.id}::uuid and off_at is null
        union all
        select from access_pass_links where made_by = ${leaver.id}::uuid and revoked_at is null
        union all
        select from api_keys where made_by = ${leaver.id}::uuid and revoked_at is null
      `.execute(test.db);
      expect(rows).toHaveLength(0);
      expect((await listEndpoints(test.db, spaceId)).filter(({ offAt }) => !offAt)).toMatchObject([
        { madeBy: people.owner.email },
      ]);
    }
  });

  it("is not changed either by who stops being one at the same moment, ten times", async () => {
    for (let turn = 0; turn < 10; turn++) {
      const stage = await setStage();
      const { spaceId, leaver, ours } = stage;
      const of = { spaceId, endpointId: ours.endpointId, actorId: leaver.id };
      const path = unique("late");
      const stops = () => (turn % 2 ? remove(stage) : demote(stage));
      const [changed, gone] = await Promise.all(
        turn % 3 ? [change(of, path), stops()] : [stops().then(() => change(of, path)), { ok: true }],
      );
      expect(gone).toEqual({ ok: true });
      const now = await findEndpoint(test.db, of);
      expect(now?.offReason).toBe(changed ? "owner_left" : null);
      expect(now?.url.endsWith(path)).toBe(changed);
    }
  });
});

describe("an address that is being switched off", () => {
  const waiting = async (endpointId: string) =>
    Number(
      (
        await sql<{ many: string }>`
          select count(*) as many from webhook_deliveries
          where endpoint_id = ${endpointId}::uuid and status = 'waiting'
        `.execute(test.db)
      ).rows[0]?.many,
    );

  /** Until somebody waits for a lock in this database, or what was begun is done. */
  const heldUp = async (begun: Promise<unknown>) => {
    let done = false;
    const end = () => (done = true);
    void begun.then(end, end);
    await expect
      .poll(async () => {
        const { rows } = await sql`
          select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        `.execute(test.db);
        return done || rows.length > 0;
      })
      .toBe(true);
  };

  it("is sent nothing later of what happens meanwhile", async () => {
    const stage = await setStage();
    const { people, spaceId, leaver, theirs, happens } = stage;
    let happened: Promise<void> | undefined;
    await test.db.transaction().execute(async (trx) => {
      await switchOffOf(trx, { spaceId, userId: leaver.id });
      happened = happens();
      await heldUp(happened);
    });
    await happened;
    expect(await waiting(theirs.endpointId)).toBe(0);
    const of = { spaceId, endpointId: theirs.endpointId, actorId: people.owner.id };
    expect(await switchOn(test.db, of)).toBe(true);
    await theirs.deliver();
    expect(theirs.heard()).toBe(0);
  });

  it("is sent nothing later of what was being written down before", async () => {
    const stage = await setStage();
    const { spaceId, theirs } = stage;
    const { queue } = test.services;
    let gone: Promise<unknown> | undefined;
    await test.db.transaction().execute(async (trx) => {
      await announce(trx, queue, { spaceId, type: "grant.created", body: async () => ({ id: "1" }) });
      gone = remove(stage);
      await heldUp(gone);
    });
    expect(await gone).toEqual({ ok: true });
    expect(await waiting(theirs.endpointId)).toBe(0);
    expect(await waiting(stage.ours.endpointId)).toBe(1);
  });

  it("and a link of the same owner that is being taken do not lock each other out", async () => {
    const stage = await setStage();
    const { spaceId, theirs } = stage;
    const { queue } = test.services;
    let gone: Promise<unknown> | undefined;
    await test.db.transaction().execute(async (trx) => {
      await sql`select from access_pass_links where id = ${theirs.linkId} for no key update`.execute(trx);
      gone = remove(stage);
      await heldUp(gone);
      await announce(trx, queue, { spaceId, type: "grant.created", body: async () => ({ id: "1" }) });
    });
    expect(await gone).toEqual({ ok: true });
    expect(await waiting(theirs.endpointId)).toBe(0);
  });

  it("because it answered that it is gone (410) is sent nothing later either", async () => {
    const { people, spaceId, ours, happens } = await setStage();
    const { queue } = test.services;
    const gone = await startReceiver(() => 410);
    const of = { spaceId, endpointId: ours.endpointId };
    const to = { url: gone.url, events: ["grant.created" as const] };
    await updateEndpoint(test.db, { ...of, ...to, actorId: people.owner.id });
    await happens();
    let told: Promise<unknown> | undefined;
    await test.db.transaction().execute(async (trx) => {
      await announce(trx, queue, { spaceId, type: "grant.created", body: async () => ({ id: "1" }) });
      told = ours.deliver();
      await heldUp(told);
    });
    await told;
    await gone.close();
    expect(await findEndpoint(test.db, of)).toMatchObject({ offReason: "gone" });
    expect(await waiting(ours.endpointId)).toBe(0);
  });
});
