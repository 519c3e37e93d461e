import { type Kysely, sql } from "kysely";
import { enqueueOnce, type Queue } from "#app/jobs/queue.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Database, Db } from "#db/client.ts";

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

/**
 * Sets the rule. What was told about recordings by an earlier one does not count any more, also of one that is restored
 * after that.
 */
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
      where s.id = r.stream_id and e.space_id = ${spaceId}::uuid and r.warned_at is not null
    `.execute(trx);
  });
}

/** In a query that has `recordingsUnderRule`: when the rule of its space ends a recording `r`. */
export const endsByRule = sql<Date>`coalesce(r.ready_at, r.failed_at) + make_interval(days => sp.recording_days)`;

/** Not those of a retired space, which has nobody any more who would be told: they are kept. */
export const recordingsUnderRule = sql`
  streaming_recordings r
  join streams s on s.id = r.stream_id
  join experiences e on e.id = s.experience_id
  join spaces sp on sp.id = e.space_id and sp.retired_at is null and sp.recording_days is not null
`;

/** Those that the rule is for: finished, not deleted, and not kept by somebody, nor restored after it had deleted them once. */
export const isUnderRule = sql`(r.status in ('ready', 'failed') and r.deleted_at is null and not r.kept)`;

/** Whether anything would be lost with it. What failed before there was a segment goes without a word. */
export const hasSomething = sql`(r.status = 'ready' or exists (
  select from streaming_recording_attempts a join streaming_recording_segments g on g.attempt_id = a.id
  where a.recording_id = r.id
))`;

export const isToBeTold = sql`(
  r.warned_at is null and ${hasSomething} and ${endsByRule} < clock_timestamp() + make_interval(days => ${warningDays})
)`;

/** When the rule will delete a recording if nobody changes anything, not before its owners were told; null: never. */
export async function findEndByRule(db: Kysely<Database>, recordingId: string): Promise<Date | null> {
  const { rows } = await sql<{ endsAt: Date }>`
    select greatest(
      ${endsByRule}, coalesce(r.warned_at, clock_timestamp()) + make_interval(days => ${warningDays})
    ) as "endsAt"
    from ${recordingsUnderRule} where r.id = ${recordingId}::uuid and ${isUnderRule}
  `.execute(db);
  return rows[0]?.endsAt ?? null;
}

/**
 * Has the owners written to about recordings that will be deleted within a week. Where no owner's account is open, nobody
 * can be told, and nothing is deleted.
 */
export async function warnByRule(db: Db, queue: Queue): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: string }>`
      select distinct sp.id from ${recordingsUnderRule} where ${isUnderRule} and ${isToBeTold} and exists (
        select from space_members m join users u on u.id = m.user_id and u.disabled_at is null
        where m.space_id = sp.id and m.role = 'owner'
      ) limit 500
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
          and (r.warned_at < clock_timestamp() - make_interval(days => ${warningDays}) or not ${hasSomething})
        order by r.id limit 500 for update of r skip locked
      )
      returning stream_id as "streamId"
    `.execute(trx);
    for (const { streamId } of rows) await notifyChange(trx, { kind: "stream", streamId });
  });
}
