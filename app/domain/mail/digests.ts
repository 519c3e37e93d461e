import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { type Claim, claimSeconds } from "./due.ts";
import type { SkipReason } from "./judge.ts";

/**
 * Takes every other mail about a new stream that waits for the same people and was never tried: those of one person are
 * one letter.
 */
export async function claimBeside(db: Db, personIds: string[]): Promise<Claim[]> {
  if (personIds.length === 0) return [];
  const { rows } = await sql<Claim>`
    with waiting as (
      select m.mailing_id, m.person_id from mails m join mailings g on g.id = m.mailing_id and g.kind = 'new_stream'
      where m.person_id = any(${personIds}::uuid[]) and m.outcome is null and m.claimed_at is null
      for update of m skip locked
    )
    update mails m set next_at = clock_timestamp() + make_interval(secs => ${claimSeconds}),
      claimed_at = clock_timestamp(), claims = m.claims + 1
    from waiting w where m.mailing_id = w.mailing_id and m.person_id = w.person_id
    returning m.mailing_id as "mailingId", m.person_id as "personId", m.claims
  `.execute(db);
  return rows;
}

/**
 * Of these people, those to whom new streams may be written about now, which is noted: once a day, or always for who chose
 * each one. Of two workers that ask at once one gets a person.
 */
export async function takeDay(db: Db, personIds: string[]): Promise<Set<string>> {
  if (personIds.length === 0) return new Set();
  const { rows } = await sql<{ person_id: string }>`
    insert into mail_choices as ch (person_id, new_streams_at)
    select id, clock_timestamp() from unnest(${[...personIds].sort()}::uuid[]) as p (id)
    on conflict (person_id) do update set new_streams_at = clock_timestamp()
      where ch.new_streams = 'each' or ch.new_streams_at is null
        or ch.new_streams_at <= clock_timestamp() - interval '1 day'
    returning person_id
  `.execute(db);
  return new Set(rows.map(({ person_id }) => person_id));
}

/**
 * Lets mails wait as if they had not been looked at: until their person's day is over (`seconds` null), or for `seconds`,
 * with the reason where there is one.
 */
export async function putBack(
  db: Db,
  claims: Claim[],
  { seconds, reason = null }: { seconds: number | null; reason?: SkipReason | null },
): Promise<void> {
  if (claims.length === 0) return;
  await sql`
    update mails m set claims = 0, claimed_at = null, reason = coalesce(${reason}::text, m.reason),
      next_at = coalesce(
        clock_timestamp() + make_interval(secs => ${seconds}::float8),
        (select greatest(ch.new_streams_at + interval '1 day', clock_timestamp())
          from mail_choices ch where ch.person_id = m.person_id),
        clock_timestamp()
      )
    from unnest(
      ${claims.map(({ mailingId }) => mailingId)}::uuid[], ${claims.map(({ personId }) => personId)}::uuid[],
      ${claims.map(({ claims }) => claims)}::integer[]
    ) as k (mailing_id, person_id, claims)
    where m.mailing_id = k.mailing_id and m.person_id = k.person_id and m.outcome is null and m.claims = k.claims
  `.execute(db);
}
