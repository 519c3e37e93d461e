import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { giveGrant } from "#app/domain/grants/gifts.ts";
import { deliverTo } from "#app/domain/outgoing-webhooks/deliver.ts";
import {
  findEndpoint,
  insertEndpoint,
  listEndpoints,
  switchOn,
} from "#app/domain/outgoing-webhooks/endpoints.ts";
import { findLink, insertLink } from "#app/domain/pass-links/links.ts";
import { findTaker } from "#app/domain/pass-links/taking.ts";
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

/** A space with two owners, each with an endpoint and a link of their own. */
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
    if (!endpoint.ok || !link.ok) throw new Error("nothing was made");
    const deliver = () => deliverTo(test.services, { endpointId: endpoint.endpointId });
    const heard = () => receiver.received.filter((one) => one.path.endsWith(path)).length;
    return { endpointId: endpoint.endpointId, linkId: link.linkId, deliver, heard };
  };
  const [theirs, ours] = [await made(leaver.id), await made(house.people.owner.id)];
  const happens = async () => {
    const to = { ...of, email: `${unique("new")}@example.com`, grantedBy: house.people.owner.id };
    expect(await giveGrant(db, test.services.queue, to)).toMatchObject({ ok: true });
  };
  return { ...house, ...of, leaver, theirs, ours, happens };
}

const addEndpoint = (of: { spaceId: string; actorId: string }, url: string) =>
  insertEndpoint(test.db, { ...of, url, events: ["grant.created"], formKey: randomUUID() });

const addLink = (of: { spaceId: string; passId: string; actorId: string }) =>
  insertLink(test.db, ["a-secret-of-links"], {
    ...of,
    fields: { name: "Newsletter", mostUses: null, endsAt: null, formKey: randomUUID() },
  });

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
    for (const said of [leaver.email, space.name, new URL(receiver.url).host, "Newsletter", "Any owner"])
      expect(text).toContain(said);
    expect(text).toContain(`/account/space/webhooks/${theirs.endpointId}`);
    expect(text).toContain(`/account/passes/${passId}/links`);
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
      const { spaceId, passId, leaver, people } = stage;
      const of = { spaceId, passId, actorId: leaver.id };
      const [, , gone] = await Promise.all([
        addEndpoint(of, `${receiver.url}/late`),
        addLink(of),
        turn % 2 ? remove(stage) : demote(stage),
      ]);
      expect(gone).toEqual({ ok: true });
      expect(await addEndpoint(of, `${receiver.url}/later`)).toEqual({ ok: false, reason: "gone" });
      expect(await addLink(of)).toEqual({ ok: false, reason: "gone" });
      const { rows } = await sql`
        select from webhook_endpoints where made_by = ${leaver.id}::uuid and off_at is null
        union all
        select from access_pass_links where made_by = ${leaver.id}::uuid and revoked_at is null
      `.execute(test.db);
      expect(rows).toHaveLength(0);
      expect((await listEndpoints(test.db, spaceId)).filter(({ offAt }) => !offAt)).toMatchObject([
        { madeBy: people.owner.email },
      ]);
    }
  });
});
