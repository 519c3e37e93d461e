import { sql } from "kysely";
import type { Mailer } from "#app/services/mail.ts";
import type { Db } from "#db/client.ts";
import { recordingsOldLetter } from "../letters/recordings-old.ts";
import { ownersOfSpace } from "../teams/owners.ts";
import { endsByRule, isToBeTold, isUnderRule, recordingsUnderRule, warningDays } from "./space-rule.ts";
import { graceDays } from "./withholding.ts";

type Row = {
  recordingId: string;
  streamId: string;
  title: string;
  recordedAt: Date;
  endsAt: Date;
  days: number;
  spaceName: string;
  spaceSlug: string;
};

/** In one letter; the others come with the next. */
const mostTold = 50;

/** A worker that was killed over a letter is missed after this long; longer than its job may take. */
const tellingSeconds = 120;

/**
 * Writes to the owners of a space which of its recordings its rule will delete, once for each: what was told already, what
 * another worker is writing about, or what is kept by now, is not in it. Nothing is deleted of which no letter was sent.
 * Throws the mailer's ServiceError, and the job is tried again.
 */
export async function sendRuleLetter(
  { db, mailer, publicUrl }: { db: Db; mailer: Mailer; publicUrl: string },
  { spaceId }: { spaceId: string },
): Promise<void> {
  const { rows: found } = await sql<{ owners: string[] | null }>`
    select ${ownersOfSpace} as owners from spaces s where s.id = ${spaceId}::uuid
  `.execute(db);
  const owners = found[0]?.owners;
  if (!owners) return;
  const rows = await claim(db, spaceId);
  const [first] = rows;
  if (!first) return;
  const letter = recordingsOldLetter({
    spaceName: first.spaceName,
    days: first.days,
    restorableDays: graceDays,
    recordings: rows.map(({ title, recordedAt, endsAt, streamId }) => ({
      title,
      recordedAt,
      endsAt,
      page: `${publicUrl}/account/streams/${streamId}/recording#keeping`,
    })),
    rulePage: `${publicUrl}/account/space/recordings?space=${first.spaceSlug}`,
  });
  const ids = rows.map(({ recordingId }) => recordingId);
  try {
    // One letter to all of them: owners of a space know each other.
    await mailer.send({ to: owners, ...letter });
  } catch (error) {
    await sql`update streaming_recordings set telling_until = null where id = any(${ids}::uuid[])`.execute(
      db,
    );
    throw error;
  }
  // Of a rule that was changed meanwhile nobody was told.
  await sql`
    update streaming_recordings r set telling_until = null,
      warned_at = case when sp.recording_days = ${first.days} then clock_timestamp() end
    from streams s join experiences e on e.id = s.experience_id join spaces sp on sp.id = e.space_id
    where s.id = r.stream_id and r.id = any(${ids}::uuid[]) and r.warned_at is null and r.deleted_at is null
  `.execute(db);
}

/** Takes those of which nobody else is telling, for a while. */
async function claim(db: Db, spaceId: string): Promise<Row[]> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<Row>`
      select r.id as "recordingId", s.id as "streamId", s.title, coalesce(s.live_at, r.created_at) as "recordedAt",
        greatest(${endsByRule}, clock_timestamp() + make_interval(days => ${warningDays})) as "endsAt",
        sp.recording_days as days, sp.name as "spaceName", sp.slug as "spaceSlug"
      from ${recordingsUnderRule}
      where sp.id = ${spaceId}::uuid and ${isUnderRule} and ${isToBeTold}
        and (r.telling_until is null or r.telling_until < clock_timestamp())
      order by ${endsByRule}, r.id limit ${mostTold}
      for update of r skip locked
    `.execute(trx);
    await sql`
      update streaming_recordings set telling_until = clock_timestamp() + make_interval(secs => ${tellingSeconds})
      where id = any(${rows.map(({ recordingId }) => recordingId)}::uuid[])
    `.execute(trx);
    return rows;
  });
}
