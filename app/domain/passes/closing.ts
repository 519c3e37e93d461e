import { sql } from "kysely";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import { notifyChange } from "../changes/notices.ts";

/**
 * Closes the lists and the open requests of passes that nobody can get any more: retired, past their last day, of a space
 * that has closed; a list also where the pass got a price or its sale has ended (what was offered before stays offered). Who
 * is banned or whose account is off waits no longer, and keeps no seat from others. At most `most` of each in one go. Whoever asked is written to. Gives how many it closed.
 */
export async function closeWhatIsOver(db: Db, queue: Queue, { most = 200 } = {}): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const waits = await sql<{ userId: string }>`
      update access_pass_waits set outcome = 'closed', ended_at = clock_timestamp()
      where id in (
        select w.id from access_pass_waits w
        join access_passes p on p.id = w.access_pass_id join spaces s on s.id = p.space_id
        where w.outcome is null and (${isOver} or p.price_minor > 0
          or (p.sale_ends_at <= statement_timestamp() and w.offer_until is null)
          or exists (
            select from space_bans_in_force b
            where b.space_id = p.space_id and b.user_id = w.user_id and b.stream_id is null)
          or exists (select from users u where u.id = w.user_id and u.disabled_at is not null))
        limit ${most} for update of w skip locked)
      returning user_id as "userId"
    `.execute(trx);
    const requests = await sql<{ id: string; userId: string }>`
      update access_pass_requests set status = 'closed', decided_at = clock_timestamp()
      where id in (
        select r.id from access_pass_requests r
        join access_passes p on p.id = r.access_pass_id join spaces s on s.id = p.space_id
        where r.status = 'asked' and ${isOver}
        limit ${most} for update of r skip locked)
      returning id, user_id as "userId"
    `.execute(trx);
    for (const { id } of requests.rows) await enqueue(trx, queue, "pass.request-mail", { requestId: id });
    for (const { userId } of [...waits.rows, ...requests.rows])
      await notifyChange(trx, { kind: "person", userId });
    return waits.rows.length + requests.rows.length;
  });
}

const isOver = sql<boolean>`(
  p.retired_at is not null or s.retired_at is not null or coalesce(p.term_until <= statement_timestamp(), false)
)`;
