import { type RawBuilder, sql } from "kysely";
import type { Db } from "#db/client.ts";
import { newsMinutesBefore, usualReminders } from "./kinds.ts";

/** A mail that this worker is to send or to skip before its claim runs out. */
export type Claim = { mailingId: string; personId: string; claims: number };

export const keyOf = ({ mailingId, personId }: Omit<Claim, "claims">) => `${mailingId} ${personId}`;

/** Claims as rows of `k (mailing_id, person_id, claims)`, for a statement about them. */
export const claimRows = (claims: Claim[]) => sql`unnest(
  ${claims.map(({ mailingId }) => mailingId)}::uuid[], ${claims.map(({ personId }) => personId)}::uuid[],
  ${claims.map(({ claims }) => claims)}::integer[]
) as k (mailing_id, person_id, claims)`;

/** What is claimed and neither settled nor renewed for so many seconds is somebody else's: its worker has died. */
export const claimSeconds = 15;

/** Who of a mailing's people wants it: `g` is the mailing, `c` who comes, `ch` what they chose. */
const wanted: RawBuilder<boolean> = sql`
  case g.kind
    when 'reminder' then c.since <= g.due_at
      and g.minutes_before = any(coalesce(ch.reminder_minutes, g.reminder_minutes))
    when 'live' then coalesce(ch.live, false)
    -- Whoever came later saw the new time.
    when 'moved' then c.since <= g.created_at
    else true
  end
`;

/**
 * Takes up to `most` people of the due mailing that is too late soonest, and up to `most` mails that wait to be tried again or
 * whose claim has run out: one statement, so that nothing is between finding and claiming. A person's row is made
 * here, at most once for each mailing; whoever comes to a row that another worker has takes the next one.
 *
 * What is due is found by two partial indexes (mailings to be spread, mails to be sent) and then by person, from where the
 * last page ended: it takes as long with a million people as with a hundred.
 */
export function dueQuery(most: number): RawBuilder<Claim> {
  const claimed = sql`clock_timestamp() + make_interval(secs => ${claimSeconds})`;
  return sql<Claim>`
    with turn as (
      select g.id, g.kind, g.stream_id, g.due_at, g.created_at, g.minutes_before, g.after_person, s.experience_id, s.starts_at,
        coalesce(s.reminder_minutes, ${usualReminders}::integer[]) as reminder_minutes,
        -- Hardly anybody of a page wants a reminder that the host does not give.
        case when g.kind = 'reminder'
            and g.minutes_before <> all(coalesce(s.reminder_minutes, ${usualReminders}::integer[]))
          then greatest(${most}::integer, 2000) else ${most}::integer end as size
      from mailings g join streams s on s.id = g.stream_id
      where g.spread_at is null and g.due_at <= clock_timestamp()
      -- First what is soon too late, and not what waits longest: a replay can be told of for days.
      order by g.expires_at, g.id limit 1 for no key update of g skip locked
    ), page as (
      select g.id as mailing_id, c.person_id, ${wanted} as wanted, null::timestamptz as not_before
      from turn g
      cross join lateral (
        select person_id, since from coming
        where stream_id = g.stream_id and person_id > g.after_person and g.kind <> 'new_stream'
        order by person_id limit g.size
      ) c
      left join mail_choices ch on ch.person_id = c.person_id
      union all
      select g.id, f.person_id, true,
        case when ch.new_streams = 'each' then clock_timestamp()
          -- What was scheduled in the same minutes is to be in the same letter.
          when ch.new_streams_at is null then clock_timestamp() + interval '30 seconds'
          else greatest(clock_timestamp() + interval '30 seconds', least(
            ch.new_streams_at + interval '1 day', g.starts_at - make_interval(mins => ${newsMinutesBefore})
          )) end
      from turn g
      join experiences e on e.id = g.experience_id
      cross join lateral (
        select distinct person_id from follows
        where space_id = e.space_id and (experience_id is null or experience_id = e.id)
          and person_id > g.after_person and g.kind = 'new_stream'
        order by person_id limit g.size
      ) f
      left join mail_choices ch on ch.person_id = f.person_id
    ), made as (
      insert into mails (mailing_id, person_id, next_at, claimed_at, claims)
      select mailing_id, person_id, coalesce(not_before, ${claimed}),
        case when not_before is null then clock_timestamp() end, (not_before is null)::integer
      from page where wanted
      on conflict do nothing
      returning mailing_id, person_id, claims
    ), turned as (
      update mailings g
      set after_person = coalesce((select p.person_id from page p order by p.person_id desc limit 1), g.after_person),
        spread_at = case when (select count(*) from page) < turn.size then clock_timestamp() end
      from turn where turn.id = g.id
    ), waiting as (
      select mailing_id, person_id from mails
      where outcome is null and next_at <= clock_timestamp()
      order by next_at limit ${most} for update skip locked
    ), taken as (
      update mails m set next_at = ${claimed}, claimed_at = clock_timestamp(), claims = m.claims + 1
      from waiting w where m.mailing_id = w.mailing_id and m.person_id = w.person_id
      returning m.mailing_id, m.person_id, m.claims
    )
    select mailing_id as "mailingId", person_id as "personId", claims from made where claims > 0
    union all
    select mailing_id, person_id, claims from taken
  `;
}

/** Takes what is due, by `dueQuery`. */
export async function claimDue(db: Db, most: number): Promise<Claim[]> {
  const { rows } = await dueQuery(most).execute(db);
  return rows;
}

/** Whether a mailing is due whose people are still to be found: a page of them may have held nobody who wants it. */
export async function isSpreading(db: Db): Promise<boolean> {
  const { rows } = await sql`
    select 1 from mailings where spread_at is null and due_at <= clock_timestamp() limit 1
  `.execute(db);
  return rows.length > 0;
}
