import { sql } from "kysely";
import { enqueueOnce, type Queue } from "#app/jobs/queue.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Db } from "#db/client.ts";

/** For how many days a space can have its recordings kept; the owners are told so many days before one goes. */
export const ruleDays = { least: 14, most: 3650 };
export const warningDays = 7;

/** After how many days a space's recordings are deleted; null: never. */
export async function findRecordingDays(db: Db, spaceId: string): Promise<number | null> {
  const row = await db
    .selectFrom("spaces")
    .select("recording_days as days")
    .where("id", "=", spaceId)
    .executeTakeFirst();
  return row?.days ?? null;
}

/** Sets the rule. What was told about recordings by an earlier one does not count any more. */
export async function setRecordingDays(
  db: Db,
  { spaceId, days }: { spaceId: string; days: number | null },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const changed = await trx
      .updateTable("spaces")
      .set({ recording_days: days, updated_at: sql`now()` })
      .where("id", "=", spaceId)
      .where("recording_days", "is distinct from", days)
      .returning("id")
      .executeTakeFirst();
    if (!changed) return;
    await sql`
      update streaming_recordings r set warned_at = null
      from streams s join experiences e on e.id = s.experience_id
      where s.id = r.stream_id and e.space_id = ${spaceId}::uuid and r.warned_at is not null and r.deleted_at is null
    `.execute(trx);
  });
}

/** In a query that has `recordingsUnderRule`: when the rule of its space ends a recording `r`. */
export const endsByRule = sql<Date>`coalesce(r.ready_at, r.failed_at) + make_interval(days => sp.recording_days)`;

export const recordingsUnderRule = sql`
  streaming_recordings r
  join streams s on s.id = r.stream_id
  join experiences e on e.id = s.experience_id
  join spaces sp on sp.id = e.space_id and sp.retired_at is null and sp.recording_days is not null
`;

/** Those that the rule is for: finished, not deleted, and not restored after it had deleted them once. */
export const isUnderRule = sql`(r.status in ('ready', 'failed') and r.deleted_at is null and not r.kept)`;

export const isToBeTold = sql`(
  r.warned_at is null and ${endsByRule} < clock_timestamp() + make_interval(days => ${warningDays})
)`;

/** Has the owners written to about recordings that will be deleted within a week. */
export async function warnByRule(db: Db, queue: Queue): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: string }>`
      select distinct sp.id from ${recordingsUnderRule} where ${isUnderRule} and ${isToBeTold} limit 500
    `.execute(trx);
    for (const { id } of rows) await enqueueOnce(trx, queue, "recording.rule-mail", { spaceId: id }, id);
  });
}

/**
 * Deletes what its space does not keep any longer, and of which its owners were told a week ago: as somebody deletes one,
 * so it can be restored for a while.
 */
export async function deleteByRule(db: Db): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ streamId: string }>`
      update streaming_recordings set deleted_at = clock_timestamp(), deleted_by = null
      where deleted_at is null and id in (
        select r.id from ${recordingsUnderRule}
        where ${isUnderRule} and ${endsByRule} < clock_timestamp()
          and r.warned_at < clock_timestamp() - make_interval(days => ${warningDays})
        order by r.id limit 500 for update of r skip locked
      )
      returning stream_id as "streamId"
    `.execute(trx);
    for (const { streamId } of rows) await notifyChange(trx, { kind: "stream", streamId });
  });
}
