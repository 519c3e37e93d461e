import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linkCode } from "#app/domain/people/link-codes.ts";
import {
  acceptInvite,
  findInvite,
  insertInvite,
  resendInvite,
  revokeInvite,
} from "#app/domain/teams/invites.ts";
import { changeRole, findTeamRole, removeMember } from "#app/domain/teams/members.ts";
import type { SpaceRole } from "#db/types.ts";
import { insertMember, insertSpace, insertUser, signIn, unique } from "#tests/factories.ts";
import { letterText, linkIn } from "#tests/http-browser.ts";
import { inviteMail } from "#worker/handlers/invite-mail.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const newAddress = () => `${unique("invited")}@example.com`;

async function newTeam(role: SpaceRole = "owner") {
  const owner = await insertUser(web.db, { name: "Ada" });
  const space = await insertSpace(web.db, { ownerId: owner.id });
  const actor = role === "owner" ? owner : await insertUser(web.db);
  if (actor !== owner) await insertMember(web.db, { spaceId: space.id, userId: actor.id, role });
  return { spaceId: space.id, slug: space.slug, actorId: actor.id, ownerId: owner.id };
}

type Inviting = { spaceId: string; actorId: string; email?: string; role?: SpaceRole };

const invite = ({ spaceId, actorId, email = newAddress(), role = "moderator" }: Inviting) =>
  insertInvite(web.db, web.services.queue, { spaceId, actorId, email, role });

async function invited(inviting: Inviting) {
  const outcome = await invite(inviting);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.inviteId;
}

async function lettersQueued(inviteId: string) {
  const { rows } = await sql<{ id: string }>`
    select id from pgboss.job where name = 'invite.mail' and data ->> 'inviteId' = ${inviteId}
  `.execute(web.db);
  return rows.length;
}

const pathOf = (inviteId: string) =>
  `/invites/${linkCode(web.services.config.sessionSecrets, "invite", inviteId)}`;
const lettersTo = (email: string) => web.letters.filter(({ to }) => to.includes(email));

describe("inviting", () => {
  it("is one invitation and one letter, however often and at once it is pressed", async () => {
    const [team, email] = [await newTeam(), newAddress()];
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => invite({ ...team, email })));
    const ids = new Set(outcomes.map((outcome) => outcome.ok && outcome.inviteId));
    expect(ids.size).toBe(1);
    expect(await lettersQueued([...ids][0] as string)).toBe(1);
  });

  it("gives only roles that one's own allows", async () => {
    const may: [SpaceRole, SpaceRole, boolean][] = [
      ["owner", "owner", true],
      ["owner", "host", true],
      ["host", "moderator", true],
      ["host", "host", false],
      ["host", "owner", false],
      ["moderator", "moderator", false],
    ];
    for (const [own, role, allowed] of may) {
      const outcome = await invite({ ...(await newTeam(own)), role });
      expect([own, role, outcome.ok]).toEqual([own, role, allowed]);
    }
    const stranger = await insertUser(web.db);
    const { spaceId } = await newTeam();
    expect(await invite({ spaceId, actorId: stranger.id })).toEqual({ ok: false, reason: "not_allowed" });
  });

  it("refuses a member's address, and one that is invited in another role", async () => {
    const team = await newTeam();
    const member = await insertUser(web.db);
    await insertMember(web.db, { spaceId: team.spaceId, userId: member.id, role: "host" });
    expect(await invite({ ...team, email: member.email })).toEqual({ ok: false, reason: "already_member" });
    const email = newAddress();
    await invited({ ...team, email });
    expect(await invite({ ...team, email, role: "host" })).toEqual({ ok: false, reason: "already_invited" });
  });

  it("makes a new invitation where the old one has run out", async () => {
    const [team, email] = [await newTeam(), newAddress()];
    const old = await invited({ ...team, email });
    await web.db
      .updateTable("space_invites")
      .set({ expires_at: sql`now()` })
      .where("id", "=", old)
      .execute();
    const fresh = await invited({ ...team, email, role: "host" });
    expect(fresh).not.toBe(old);
    expect((await findInvite(web.db, old))?.state).toBe("revoked");
  });

  it("sends no more than eight letters to one address a day, from all spaces together", async () => {
    const email = newAddress();
    for (let space = 0; space < 8; space++) await invited({ ...(await newTeam()), email });
    expect(await invite({ ...(await newTeam()), email })).toEqual({ ok: false, reason: "too_many" });
  });
});

describe("the letter of an invitation", () => {
  it("goes out once, though its job runs twice, and its link opens the page", async () => {
    const [team, email] = [await newTeam(), newAddress()];
    const inviteId = await invited({ ...team, email });
    await inviteMail(web.services, { inviteId });
    await inviteMail(web.services, { inviteId });
    expect(lettersTo(email)).toHaveLength(1);
    const raw = lettersTo(email)[0]!.raw;
    expect(letterText(raw)).toContain("Ada invites you to the team of A space");
    expect(linkIn(raw)).toBe(pathOf(inviteId));
    expect((await web.fetch(linkIn(raw)!)).status).toBe(200);
  });

  it("does not go out for an invitation that was taken back, or is gone", async () => {
    const [team, email] = [await newTeam(), newAddress()];
    const inviteId = await invited({ ...team, email });
    await revokeInvite(web.db, { ...team, inviteId });
    await inviteMail(web.services, { inviteId });
    await inviteMail(web.services, { inviteId: team.spaceId });
    expect(lettersTo(email)).toHaveLength(0);
  });

  it("goes out again when asked for, once for two presses", async () => {
    const [team, email] = [await newTeam(), newAddress()];
    const inviteId = await invited({ ...team, email });
    const resend = () => resendInvite(web.db, web.services.queue, { ...team, inviteId });
    expect(await resend()).toEqual({ ok: true });
    expect(await lettersQueued(inviteId)).toBe(1);
    await inviteMail(web.services, { inviteId });
    await web.db
      .updateTable("space_invites")
      .set({ mailed_at: sql`now() - interval '2 minutes'` })
      .where("id", "=", inviteId)
      .execute();
    expect(await Promise.all([resend(), resend()])).toEqual([{ ok: true }, { ok: true }]);
    expect(await lettersQueued(inviteId)).toBe(2);
    await inviteMail(web.services, { inviteId });
    expect(lettersTo(email)).toHaveLength(2);
  });

  it("has a link that nobody else can make", async () => {
    const inviteId = await invited(await newTeam());
    const forged = linkCode(["another-secret-entirely"], "invite", inviteId);
    expect((await web.fetch(`/invites/${forged}`)).status).toBe(404);
    const wrongKind = linkCode(web.services.config.sessionSecrets, "sign-in-mail", inviteId);
    expect((await web.fetch(`/invites/${wrongKind}`)).status).toBe(404);
    expect((await web.fetch("/invites/x")).status).toBe(404);
  });
});

describe("accepting", () => {
  it("makes a member once, at once and again", async () => {
    const team = await newTeam();
    const user = await insertUser(web.db);
    const inviteId = await invited({ ...team, email: user.email, role: "host" });
    const accepting = { inviteId, userId: user.id, email: user.email };
    const outcomes = await Promise.all([acceptInvite(web.db, accepting), acceptInvite(web.db, accepting)]);
    expect(outcomes).toMatchObject([{ ok: true }, { ok: true }]);
    expect(await findTeamRole(web.db, { spaceId: team.spaceId, userId: user.id })).toBe("host");

    await removeMember(web.db, web.services.queue, {
      spaceId: team.spaceId,
      actorId: team.actorId,
      userId: user.id,
    });
    expect(await acceptInvite(web.db, accepting)).toEqual({ ok: false, reason: "accepted" });
    expect(await findTeamRole(web.db, { spaceId: team.spaceId, userId: user.id })).toBeUndefined();
  });

  it("is refused to another address, and after it was taken back or has run out", async () => {
    const team = await newTeam();
    const [user, other] = [await insertUser(web.db), await insertUser(web.db)];
    const inviteId = await invited({ ...team, email: user.email });
    const refused = await acceptInvite(web.db, { inviteId, userId: other.id, email: other.email });
    expect(refused).toEqual({ ok: false, reason: "another_address" });
    const mine = { inviteId, userId: user.id, email: user.email };
    await web.db
      .updateTable("space_invites")
      .set({ expires_at: sql`now()` })
      .where("id", "=", inviteId)
      .execute();
    expect(await acceptInvite(web.db, mine)).toEqual({ ok: false, reason: "expired" });
    await revokeInvite(web.db, { ...team, inviteId });
    expect(await acceptInvite(web.db, mine)).toEqual({ ok: false, reason: "revoked" });
    expect(await findTeamRole(web.db, { spaceId: team.spaceId, userId: user.id })).toBeUndefined();
  });

  it("happens or is taken back, never both", async () => {
    for (let round = 0; round < 10; round++) {
      const team = await newTeam();
      const user = await insertUser(web.db);
      const inviteId = await invited({ ...team, email: user.email });
      await Promise.all([
        acceptInvite(web.db, { inviteId, userId: user.id, email: user.email }),
        revokeInvite(web.db, { ...team, inviteId }),
      ]);
      const { state } = (await findInvite(web.db, inviteId))!;
      const role = await findTeamRole(web.db, { spaceId: team.spaceId, userId: user.id });
      expect([state, role]).toEqual(
        state === "accepted" ? ["accepted", "moderator"] : ["revoked", undefined],
      );
    }
  });

  it("is over when whoever invited has lost the right to (ASVS 8.3.3)", async () => {
    const { spaceId, ownerId } = await newTeam();
    const second = await insertUser(web.db);
    await insertMember(web.db, { spaceId, userId: second.id, role: "owner" });
    const host = await invited({ spaceId, actorId: second.id, role: "host" });
    const moderator = await invited({ spaceId, actorId: second.id });
    await changeRole(web.db, web.services.queue, {
      spaceId,
      actorId: ownerId,
      userId: second.id,
      role: "host",
    });
    expect((await findInvite(web.db, host))?.state).toBe("revoked");
    expect((await findInvite(web.db, moderator))?.state).toBe("open");
    await removeMember(web.db, web.services.queue, { spaceId, actorId: ownerId, userId: second.id });
    expect((await findInvite(web.db, moderator))?.state).toBe("revoked");
  });
});

describe("the page of an invitation", () => {
  it("says what it is to everybody, and asks to sign in with the invited address", async () => {
    const team = await newTeam();
    const user = await insertUser(web.db);
    const inviteId = await invited({ ...team, email: user.email });
    const path = pathOf(inviteId);
    const nobody = await (await web.fetch(path)).text();
    expect(nobody).toContain("Join A space");
    expect(nobody).toContain(`/sign-in?to=${encodeURIComponent(path)}`);

    const other = await insertUser(web.db);
    const { cookie } = await signIn(web.db, other.id);
    const page = await (await web.fetch(path, { cookie })).text();
    expect(page).toContain(`You are signed in as <bdi>${other.email}</bdi>`);
    expect(page).toContain("Use another address");
    const refused = await web.fetch(path, { cookie, form: {} });
    expect(refused.status).toBe(403);
    expect((await web.fetch(path, { form: {} })).status).toBe(303);
    expect((await findInvite(web.db, inviteId))?.state).toBe("open");

    const mine = await signIn(web.db, user.id);
    expect(await (await web.fetch(path, { cookie: mine.cookie })).text()).toContain("Accept the invitation");
    expect((await findInvite(web.db, inviteId))?.state).toBe("open");
    const accepted = await web.fetch(path, { cookie: mine.cookie, form: {} });
    expect(accepted.headers.get("location")).toBe(`/account/streams?space=${team.slug}`);
    expect(await (await web.fetch(path, { cookie: mine.cookie })).text()).toContain("You are in the team");
  });

  it("tells in words what has run out, was taken back or was used", async () => {
    const team = await newTeam();
    const words = { expired: "has run out", revoked: "was taken back", accepted: "was used" };
    for (const [state, sentence] of Object.entries(words)) {
      const inviteId = await invited(team);
      const column = { expired: "expires_at", revoked: "revoked_at", accepted: "accepted_at" }[state]!;
      await sql`update space_invites set ${sql.ref(column)} = now() where id = ${inviteId}`.execute(web.db);
      const page = await web.fetch(pathOf(inviteId));
      expect([page.status, (await page.text()).includes(sentence)]).toEqual([200, true]);
    }
  });
});

describe("the form that invites", () => {
  it("sends, tells it, and keeps what was typed when it is refused", async () => {
    const team = await newTeam();
    const { cookie } = await signIn(web.db, team.actorId);
    const [path, email] = [`/account/members?index&space=${team.slug}`, newAddress()];
    const sent = await web.fetch(path, { cookie, form: { email, role: "host" } });
    expect(sent.status).toBe(303);
    const page = await web.fetch(sent.headers.get("location")!, { cookie });
    expect(await page.text()).toContain("A mail with the invitation is on its way to");

    for (const form of [
      { email: "not an address", role: "host" },
      { email, role: "moderator" },
    ]) {
      const refused = await web.fetch(path, { cookie, form });
      expect(refused.status).toBe(400);
      const text = await refused.text();
      expect(text).toContain(`value="${form.email}"`);
      expect(text).toContain('id="field-email-error"');
    }
    const open = await web.db
      .selectFrom("space_invites")
      .select("role")
      .where("space_id", "=", team.spaceId)
      .execute();
    expect(open).toEqual([{ role: "host" }]);
  });

  it("lets a host invite moderators only, and moderators nobody", async () => {
    for (const role of ["host", "moderator"] as const) {
      const team = await newTeam(role);
      const { cookie } = await signIn(web.db, team.actorId);
      const path = `/account/members?index&space=${team.slug}`;
      const refused = await web.fetch(path, { cookie, form: { email: newAddress(), role: "owner" } });
      expect(refused.status).toBe(403);
      expect(
        await web.db.selectFrom("space_invites").select("id").where("space_id", "=", team.spaceId).execute(),
      ).toEqual([]);
    }
  });

  it("takes invitations back and sends them again, by those who may", async () => {
    const team = await newTeam();
    const inviteId = await invited(team);
    const stranger = await newTeam();
    const foreign = await signIn(web.db, stranger.actorId);
    const { cookie } = await signIn(web.db, team.actorId);
    for (const what of ["letter", "revocation"]) {
      const path = `/account/members/invites/${inviteId}/${what}`;
      expect((await web.fetch(path, { cookie: foreign.cookie, form: {} })).status).toBe(404);
      expect((await web.fetch(path, { cookie })).headers.get("location")).toBe("/account/members");
      expect((await findInvite(web.db, inviteId))?.state).toBe("open");
    }
    for (let press = 0; press < 2; press++) {
      const path = `/account/members/invites/${inviteId}/revocation`;
      expect((await web.fetch(path, { cookie, form: {} })).status).toBe(303);
    }
    expect((await findInvite(web.db, inviteId))?.state).toBe("revoked");
    expect((await web.fetch("/account/members/invites/x/revocation", { cookie, form: {} })).status).toBe(404);
  });
});
