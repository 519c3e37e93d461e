import { sql } from "kysely";
import { Temporal } from "temporal-polyfill";
import type { Db } from "#db/client.ts";
import { normalizeZone } from "../schedule/zones.ts";
import { type Claim, claimRows, claimSeconds } from "./due.ts";
import { newsMinutesBefore } from "./kinds.ts";
import type { SkipReason } from "./judge.ts";

/**
 * Takes every other mail about a new stream that waits for the same people and was never tried, also from a worker that has
 * claimed some at the same moment and did not get their day (see `takeDay`): those of one person are one letter.
 */
export async function claimBeside(db: Db, personIds: string[]): Promise<Claim[]> {
  if (personIds.length === 0) return [];
  const { rows } = await sql<Claim>`
    with waiting as (
      select m.mailing_id, m.person_id from mails m join mailings g on g.id = m.mailing_id and g.kind = 'new_stream'
      where m.person_id = any(${personIds}::uuid[]) and m.outcome is null and m.claims <= ${claimedOnce}
      -- Waits for a worker that just lets them wait (waitForDay), in the same order.
      order by m.mailing_id, m.person_id for update of m
    )
    update mails m set next_at = clock_timestamp() + make_interval(secs => ${claimSeconds}),
      claimed_at = clock_timestamp(), claims = m.claims + 1
    from waiting w where m.mailing_id = w.mailing_id and m.person_id = w.person_id
    returning m.mailing_id as "mailingId", m.person_id as "personId", m.claims
  `.execute(db);
  return rows;
}

/** So often a mail was claimed that nobody has begun to write: who takes their person's day claims it once more. */
export const claimedOnce = 1;

/** Somebody to be written to, and when the day on their clocks began; `claims` are their mails about new streams. */
export type Reader = { personId: string; dayBegan: Date; claims: Claim[] };

/** When the day on somebody's clocks began that is running at `now`, and when the next one begins; without a zone it is UTC's. */
export function dayOf(now: Date, timeZone: string | null): { began: Date; next: Date } {
  const zone = normalizeZone(timeZone) ?? "UTC";
  const instant = Temporal.Instant.fromEpochMilliseconds(now.getTime());
  const began = instant.toZonedDateTimeISO(zone).startOfDay();
  const toDate = (at: Temporal.ZonedDateTime) => new Date(at.epochMilliseconds);
  return { began: toDate(began), next: toDate(began.add({ days: 1 }).startOfDay()) };
}

/**
 * Of these people, those to whom new streams may be written about now, which is noted: once a day on their clocks, or always
 * for who chose each one. Of two workers that ask at once one gets a person. Gives the claims of these, which count once more:
 * `claimBeside` of another worker leaves them alone.
 */
export async function takeDay(db: Db, readers: Reader[]): Promise<Claim[]> {
  if (readers.length === 0) return [];
  const claims = readers.flatMap(({ claims }) => claims);
  const ordered = [...readers].sort((one, other) => (one.personId < other.personId ? -1 : 1));
  const { rows } = await sql<Claim>`
    with asked as (
      select * from unnest(
        ${ordered.map(({ personId }) => personId)}::uuid[], ${ordered.map(({ dayBegan }) => dayBegan)}::timestamptz[]
      ) as p (id, day_began)
    ), taken as (
      insert into mail_choices as ch (person_id, new_streams_at)
      select id, clock_timestamp() from asked
      on conflict (person_id) do update set new_streams_at = clock_timestamp()
        where ch.new_streams = 'each' or ch.new_streams_at is null
          or ch.new_streams_at <= clock_timestamp() - interval '1 day'
          or ch.new_streams_at < (select day_began from asked where id = ch.person_id)
      returning person_id
    )
    update mails m set claims = m.claims + 1
    from taken t
    join ${claimRows(claims)} on k.person_id = t.person_id
    where m.mailing_id = k.mailing_id and m.person_id = k.person_id and m.outcome is null and m.claims = k.claims
    returning m.mailing_id as "mailingId", m.person_id as "personId", m.claims
  `.execute(db);
  return rows;
}

/**
 * Lets mails about new streams wait, as if they had not been looked at, for their person's next letter: a day after the
 * last one, or on their next day, where the stream begins before.
 */
export async function waitForDay(
  db: Db,
  waiting: (Claim & { nextDay: Date; startsAt: Date })[],
): Promise<void> {
  if (waiting.length === 0) return;
  await sql`
    with asked as (
      select m.mailing_id, m.person_id, k.next_day, k.starts_at
      from unnest(
        ${waiting.map(({ mailingId }) => mailingId)}::uuid[], ${waiting.map(({ personId }) => personId)}::uuid[],
        ${waiting.map(({ claims }) => claims)}::integer[], ${waiting.map(({ nextDay }) => nextDay)}::timestamptz[],
        ${waiting.map(({ startsAt }) => startsAt)}::timestamptz[]
      ) as k (mailing_id, person_id, claims, next_day, starts_at)
      join mails m on m.mailing_id = k.mailing_id and m.person_id = k.person_id
      where m.outcome is null and m.claims = k.claims
      order by m.mailing_id, m.person_id for update of m
    )
    update mails m set claims = 0, claimed_at = null,
      next_at = greatest(clock_timestamp(), least(
        coalesce(ch.new_streams_at + interval '1 day', clock_timestamp()),
        greatest(k.next_day, k.starts_at - make_interval(mins => ${newsMinutesBefore}))
      ))
    from asked k left join mail_choices ch on ch.person_id = k.person_id
    where m.mailing_id = k.mailing_id and m.person_id = k.person_id
  `.execute(db);
}

/** Lets mails wait for `seconds` as if they had not been looked at, with the reason where there is one. */
export async function putBack(
  db: Db,
  claims: Claim[],
  { seconds, reason = null }: { seconds: number; reason?: SkipReason | null },
): Promise<void> {
  if (claims.length === 0) return;
  await sql`
    update mails m set claims = 0, claimed_at = null, reason = coalesce(${reason}::text, m.reason),
      next_at = clock_timestamp() + make_interval(secs => ${seconds}::float8)
    from ${claimRows(claims)}
    where m.mailing_id = k.mailing_id and m.person_id = k.person_id and m.outcome is null and m.claims = k.claims
  `.execute(db);
}
