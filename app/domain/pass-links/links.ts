import { sql, type Transaction } from "kysely";
import type { Database, Db } from "#db/client.ts";
import { lockSeats } from "../passes/seats.ts";
import { lockOwner } from "../spaces/lock.ts";
import { codeOf, hashOf } from "./codes.ts";
import type { LinkFields } from "./fields.ts";

/** How many links of a pass may be open at a time. */
export const mostLinks = 100;

export type LinkRefusal = { ok: false; reason: "gone" | "past" | "made_before" | "too_many" };

/**
 * Makes a link that gives a pass of this space. Refuses a pass that is not this space's, is retired or past its last day,
 * and who is no owner of the space (`gone`), an end that is past by the database's clock (`past`), a form that made its link before (`made_before`), and
 * more than 100 open links of a pass (`too_many`).
 */
export async function insertLink(
  db: Db,
  secrets: string[],
  {
    spaceId,
    passId,
    actorId,
    fields,
  }: { spaceId: string; passId: string; actorId: string; fields: LinkFields },
): Promise<{ ok: true; linkId: string } | LinkRefusal> {
  const { name, mostUses, endsAt, formKey } = fields;
  return db.transaction().execute(async (trx) => {
    if (!(await lockOwner(trx, { spaceId, userId: actorId }))) return { ok: false, reason: "gone" };
    // Alone at its pass: what is counted is what is there.
    await lockSeats(trx, passId, { alone: true });
    const { rows } = await sql<{ id: string; past: boolean; open: number; before: boolean }>`
      select uuidv7() as id, coalesce(${endsAt}::timestamptz <= clock_timestamp(), false) as past,
        (select count(*)::int from access_pass_links l where l.access_pass_id = p.id and (${linkState}) = 'open') as open,
        exists (select from access_pass_links l where l.form_key = ${formKey}::uuid) as before
      from access_passes p join spaces s on s.id = p.space_id
      where p.id = ${passId} and p.space_id = ${spaceId} and p.retired_at is null and s.retired_at is null
        and (p.term_until is null or p.term_until > clock_timestamp())
    `.execute(trx);
    const [found] = rows;
    if (!found) return { ok: false, reason: "gone" };
    if (found.before) return { ok: false, reason: "made_before" };
    if (found.past) return { ok: false, reason: "past" };
    if (found.open >= mostLinks) return { ok: false, reason: "too_many" };
    const made = await trx
      .insertInto("access_pass_links")
      .values({
        id: found.id,
        access_pass_id: passId,
        name,
        code_hash: hashOf(codeOf(secrets, found.id)),
        most_uses: mostUses,
        ends_at: endsAt,
        form_key: formKey,
        made_by: actorId,
      })
      .onConflict((conflict) => conflict.column("form_key").doNothing())
      .returning("id")
      .executeTakeFirst();
    return made ? { ok: true, linkId: made.id } : { ok: false, reason: "made_before" };
  });
}

export type LinkState = "open" | "revoked" | "expired" | "spent";

/** What a link (`l`) is at this moment, by the database's clock. */
export const linkState = sql<LinkState>`
  case
    when l.revoked_at is not null then 'revoked'
    when l.ends_at <= clock_timestamp() then 'expired'
    when l.uses >= l.most_uses then 'spent'
    else 'open'
  end
`;

/** Revokes a link; who took the pass by it keeps it. False when it is not this pass's, or was revoked before. */
export async function revokeLink(
  db: Db,
  { spaceId, passId, linkId, actorId }: { spaceId: string; passId: string; linkId: string; actorId: string },
): Promise<boolean> {
  const revoked = await db
    .updateTable("access_pass_links as l")
    .from("access_passes as p")
    .set({ revoked_at: sql`clock_timestamp()`, revoked_by: actorId })
    .whereRef("p.id", "=", "l.access_pass_id")
    .where("l.id", "=", linkId)
    .where("p.id", "=", passId)
    .where("p.space_id", "=", spaceId)
    .where("l.revoked_at", "is", null)
    .returning("l.id")
    .executeTakeFirst();
  return revoked !== undefined;
}

/** Revokes a space's links that this person made, who is no owner any more. Gives how many there were. */
export async function revokeLinksOf(
  trx: Transaction<Database>,
  { spaceId, userId, actorId }: { spaceId: string; userId: string; actorId: string },
): Promise<number> {
  const revoked = await trx
    .updateTable("access_pass_links as l")
    .from("access_passes as p")
    .set({ revoked_at: sql`clock_timestamp()`, revoked_by: actorId, owner_left: true })
    .whereRef("p.id", "=", "l.access_pass_id")
    .where("p.space_id", "=", spaceId)
    .where("l.made_by", "=", userId)
    .where("l.revoked_at", "is", null)
    .returning("l.id")
    .execute();
  return revoked.length;
}

/**
 * `owner_left`: revoked, because who made it is no owner any more. Of a link that is open by itself: its pass is retired, or
 * past its last day, and is given to nobody any more.
 */
export type TeamLinkState = LinkState | "owner_left" | "retired" | "over";

const teamLinkState = sql<TeamLinkState>`
  case
    when l.owner_left then 'owner_left'
    when (${linkState}) <> 'open' then ${linkState}
    when p.retired_at is not null then 'retired'
    when p.term_until <= clock_timestamp() then 'over'
    else 'open'
  end
`;

export type TeamLink = {
  id: string;
  name: string;
  codeHash: Buffer;
  state: TeamLinkState;
  uses: number;
  /** Null: as many as want to. */
  mostUses: number | null;
  endsAt: Date | null;
  madeBy: string;
  madeAt: Date;
  revokedAt: Date | null;
  passName: string;
  /** Whether the pass is given at all, whatever this link is. */
  passGiven: boolean;
};

const links = (db: Db, { spaceId, passId }: { spaceId: string; passId: string }) =>
  db
    .selectFrom("access_pass_links as l")
    .innerJoin("access_passes as p", "p.id", "l.access_pass_id")
    .innerJoin("users as u", "u.id", "l.made_by")
    .select(["l.id", "l.name", "l.code_hash as codeHash", "l.uses", "l.most_uses as mostUses"])
    .select(["l.ends_at as endsAt", "l.created_at as madeAt", "l.revoked_at as revokedAt"])
    .select(["p.name as passName", "u.email as madeBy", teamLinkState.as("state")])
    .select(
      sql<boolean>`p.retired_at is null and (p.term_until is null or p.term_until > clock_timestamp())`.as(
        "passGiven",
      ),
    )
    .where("p.id", "=", passId)
    .where("p.space_id", "=", spaceId);

/** The links of a pass of this space, those that are open first, the newest of each first; of the others the last hundred. */
export async function listLinks(db: Db, of: { spaceId: string; passId: string }): Promise<TeamLink[]> {
  return links(db, of)
    .orderBy(sql`(${linkState}) = 'open'`, "desc")
    .orderBy("l.id", "desc")
    .limit(mostLinks + 100)
    .execute();
}

/** One link of a pass of this space. */
export async function findLink(
  db: Db,
  { linkId, ...of }: { spaceId: string; passId: string; linkId: string },
): Promise<TeamLink | undefined> {
  return links(db, of).where("l.id", "=", linkId).executeTakeFirst();
}
