import { sql } from "kysely";
import type { Mailer } from "#app/services/mail.ts";
import type { Db } from "#db/client.ts";
import { recordingsOldLetter } from "../letters/recordings-old.ts";
import { ownersOfSpace } from "../teams/owners.ts";
import { endsByRule, isToBeTold, isUnderRule, recordingsUnderRule, warningDays } from "./space-rule.ts";

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

/**
 * Writes to the owners of a space which of its recordings its rule will delete, once for each: what was told already, or
 * is kept by now, is not in it. Nothing is deleted of which no letter was sent. Throws the mailer's ServiceError, and the
 * job is tried again.
 */
export async function sendRuleLetter(
  { db, mailer, publicUrl }: { db: Db; mailer: Mailer; publicUrl: string },
  { spaceId }: { spaceId: string },
): Promise<void> {
  const { rows } = await sql<Row>`
    select r.id as "recordingId", s.id as "streamId", s.title, coalesce(s.live_at, r.created_at) as "recordedAt",
      greatest(${endsByRule}, clock_timestamp() + make_interval(days => ${warningDays})) as "endsAt",
      sp.recording_days as days, sp.name as "spaceName", sp.slug as "spaceSlug"
    from ${recordingsUnderRule}
    where sp.id = ${spaceId}::uuid and ${isUnderRule} and ${isToBeTold}
    order by ${endsByRule}, r.id limit ${mostTold}
  `.execute(db);
  const [first] = rows;
  if (!first) return;
  const { rows: found } = await sql<{ owners: string[] | null }>`
    select ${ownersOfSpace} as owners from spaces s where s.id = ${spaceId}::uuid
  `.execute(db);
  const owners = found[0]?.owners;
  if (!owners) return;
  const letter = recordingsOldLetter({
    spaceName: first.spaceName,
    days: first.days,
    recordings: rows.map(({ title, recordedAt, endsAt, streamId }) => ({
      title,
      recordedAt,
      endsAt,
      page: `${publicUrl}/account/streams/${streamId}/recording`,
    })),
    rulePage: `${publicUrl}/account/space/recordings?space=${first.spaceSlug}`,
  });
  // One letter to all of them: owners of a space know each other.
  await mailer.send({ to: owners.join(", "), ...letter });
  await sql`
    update streaming_recordings set warned_at = clock_timestamp()
    where id = any(${rows.map(({ recordingId }) => recordingId)}::uuid[]) and warned_at is null and deleted_at is null
  `.execute(db);
}
