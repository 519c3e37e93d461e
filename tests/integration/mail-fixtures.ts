import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { deliverDue } from "#app/domain/mail/deliver.ts";
import { planMailings } from "#app/domain/mail/planning.ts";
import type { Db } from "#db/client.ts";
import type { MailKind } from "#db/types.ts";

/** Has somebody say that they are coming, as long ago as `since` says; their confirmation was sent. */
export async function come(db: Db, streamId: string, personId: string, since = "2 days"): Promise<void> {
  await sql`
    insert into coming (stream_id, person_id, since, mail_planned_at)
    values (${streamId}, ${personId}, now() - ${since}::interval, now())
  `.execute(db);
}

export async function follow(
  db: Db,
  follow: { personId: string; spaceId: string; experienceId?: string },
): Promise<void> {
  const { personId: person_id, spaceId: space_id, experienceId: experience_id = null } = follow;
  await db.insertInto("follows").values({ person_id, space_id, experience_id }).execute();
}

/** Makes mailings of what happened, and has those of a kind be due now; gives the ids of these. */
export async function makeDue(
  db: Db,
  streamId: string,
  kind: MailKind,
  minutesBefore?: number,
): Promise<string[]> {
  await planMailings(db);
  const { rows } = await sql<{ id: string }>`
    update mailings set due_at = clock_timestamp()
    where stream_id = ${streamId} and kind = ${kind}::mail_kind
      and (${minutesBefore ?? null}::integer is null or minutes_before = ${minutesBefore ?? null}::integer)
    returning id
  `.execute(db);
  return rows.map(({ id }) => id);
}

/** Sends what is due, as a worker does. */
export const deliver = (services: Services) => deliverDue(services, new AbortController().signal);

/** What became of somebody's mails about a stream: "reminder 1440: sent", "moved: skipped moved_back". */
export async function fatesOf(db: Db, streamId: string, personId: string): Promise<string[]> {
  const { rows } = await sql<{ fate: string }>`
    select g.kind || case when g.kind = 'reminder' then ' ' || g.minutes_before else '' end || ': '
      || coalesce(m.outcome::text, 'waits') || case when m.reason <> '' then ' ' || m.reason else '' end as fate
    from mails m join mailings g on g.id = m.mailing_id
    where g.stream_id = ${streamId} and m.person_id = ${personId}
    order by g.created_at, g.minutes_before desc
  `.execute(db);
  return rows.map(({ fate }) => fate);
}

/** Lets what waits for a next try, or for the end of a claim, be due at once. */
export async function waitOut(db: Db): Promise<void> {
  await sql`update mails set next_at = clock_timestamp() where outcome is null`.execute(db);
}
