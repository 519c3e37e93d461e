import { sql, type Transaction } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";
import type { AccessGrantEventKind } from "#db/types.ts";
import { notifyChange } from "../changes/notices.ts";
import { announceGrant } from "../outgoing-webhooks/announce.ts";
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
const makes: readonly AccessGrantEventKind[] = ["claimed", "offer_taken", "given", "approved"];
/** After these it is nobody's seat any more. */
const frees: readonly AccessGrantEventKind[] = ["expired", "cancelled", "refunded"];

/** What the space's own programs are told of a change. */
const typeOf = (kind: AccessGrantEventKind) =>
  makes.includes(kind) ? "grant.created" : frees.includes(kind) ? "grant.ended" : "grant.changed";

/**
 * What follows from a change of a grant, in the transaction that made it, after the row was written: its line in the
 * history, the word to its holder's open pages and to the space's webhooks, and a look for who waits for its seat. No grant is made or changed
 * without it.
 */
export async function grantChanged(
  trx: Transaction<Database>,
  queue: Queue,
  change: GrantChange,
): Promise<void> {
  const { grantId, kind, actorId, reason = "", endsBefore } = change;
  const before = makes.includes(kind)
    ? sql`null::timestamptz`
    : endsBefore === undefined
      ? sql`g.ends_at`
      : sql`${endsBefore}::timestamptz`;
  const { rows } = await sql<{ userId: string; passId: string }>`
    with grown as (
      insert into access_grant_events (access_grant_id, kind, actor_id, reason, ends_before, ends_after)
      select g.id, ${kind}::access_grant_event_kind, ${actorId}::uuid, ${reason}, ${before}, g.ends_at
      from access_grants g where g.id = ${grantId}
      returning access_grant_id
    )
    select g.user_id as "userId", g.access_pass_id as "passId"
    from access_grants g join grown on grown.access_grant_id = g.id
  `.execute(trx);
  const grant = rows[0];
  if (!grant) throw new Error("A change of a grant that there is not.");
  await notifyChange(trx, { kind: "person", userId: grant.userId });
  await announceGrant(trx, queue, { type: typeOf(kind), grantId });
  if (frees.includes(kind)) await wakeOffers(trx, queue, grant.passId);
}
