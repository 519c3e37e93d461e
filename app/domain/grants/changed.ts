import { sql, type Transaction } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";
import type { AccessGrantEventKind } from "#db/types.ts";
import { notifyPeople } from "../changes/notices.ts";
import { enforceAccess } from "../access/enforcement.ts";
import { announceGrants } from "../outgoing-webhooks/announce.ts";
import { wakeOffers } from "../passes/seats.ts";

export type GrantChange = {
  grantId: string;
  kind: AccessGrantEventKind;
  /** Who did it; null: nobody, its time ran out. */
  actorId: string | null;
  reason?: string;
  /** Where its end changed: what it was, as the database writes it (to the microsecond). */
  endsBefore?: string | null;
};

/** A grant that is made has no end before. */
const makes: readonly AccessGrantEventKind[] = ["claimed", "offer_taken", "given", "approved", "link_taken"];
/** After these it is nobody's seat any more. */
const frees: readonly AccessGrantEventKind[] = ["expired", "cancelled", "refunded"];

/** What the space's own programs are told of a change. */
const typeOf = (kind: AccessGrantEventKind) =>
  makes.includes(kind) ? "grant.created" : frees.includes(kind) ? "grant.ended" : "grant.changed";

/**
 * What follows from a change of a grant, in the transaction that made it, after the row was written: its line in the
 * history, the enforcement for its holder (open pages, sockets, rooms, chats), the word to the space's webhooks, and a look for who waits for its seat. No
 * grant is made or changed without it.
 */
export function grantChanged(
  trx: Transaction<Database>,
  queue: Queue,
  { grantId, ...change }: GrantChange,
): Promise<void> {
  return grantsChanged(trx, queue, [grantId], change);
}

/** The same for many grants to which the same happened: ten thousand may end in the same second. */
export async function grantsChanged(
  trx: Transaction<Database>,
  queue: Queue,
  grantIds: string[],
  { kind, actorId, reason = "", endsBefore }: Omit<GrantChange, "grantId">,
): Promise<void> {
  if (grantIds.length === 0) return;
  const before = makes.includes(kind)
    ? sql`null::timestamptz`
    : endsBefore === undefined
      ? sql`g.ends_at`
      : sql`${endsBefore}::timestamptz`;
  const { rows } = await sql<{ userId: string; passId: string }>`
    with grown as (
      insert into access_grant_events (access_grant_id, kind, actor_id, reason, ends_before, ends_after)
      select g.id, ${kind}::access_grant_event_kind, ${actorId}::uuid, ${reason}, ${before}, g.ends_at
      from access_grants g where g.id = any(${grantIds}::uuid[])
      returning access_grant_id
    )
    select g.user_id as "userId", g.access_pass_id as "passId"
    from access_grants g join grown on grown.access_grant_id = g.id
  `.execute(trx);
  if (rows.length !== grantIds.length) throw new Error("A change of a grant that there is not.");
  const userIds = rows.map(({ userId }) => userId);
  if (frees.includes(kind) || kind === "shortened") await enforceAccess(trx, queue, userIds);
  else await notifyPeople(trx, userIds);
  await announceGrants(trx, queue, { type: typeOf(kind), grantIds });
  if (!frees.includes(kind)) return;
  // In one order, so that two who do this at once wait for each other and do not lock each other out.
  for (const passId of [...new Set(rows.map((row) => row.passId))].sort())
    await wakeOffers(trx, queue, passId);
}
