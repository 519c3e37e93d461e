import { sql, type Transaction } from "kysely";
import type { Database, Db } from "#db/client.ts";
import { graceMinutes, reminderMinutes } from "./kinds.ts";

/** A host who corrects themselves at once tells people once. */
const movedAfterSeconds = 15;
/** Several streams that are scheduled in one go are one mail to who follows. */
const newAfterMinutes = 10;

/**
 * Makes the mailings of streams that were scheduled, moved, cancelled, or went live since they were last looked at, by
 * what their rows say: whoever changes a stream need not think of mail, and nothing is forgotten. Takes at most `most`
 * streams; gives how many it took. Any number of workers do it side by side.
 */
export async function planMailings(db: Db, { most = 200 }: { most?: number } = {}): Promise<number> {
  const { rows } = await sql<{ streams: number }>`
    with behind as (
      select id, status, starts_at, schedule_version, mail_version, mail_status, live_at, series_id, series_day
      from streams where mail_version <> schedule_version or mail_status <> status
      limit ${most} for no key update skip locked
    ), planned as (
      update streams s set mail_version = b.schedule_version, mail_status = b.status from behind b where s.id = b.id
      returning s.id
    ), made as (
      insert into mailings (kind, stream_id, schedule_version, minutes_before, due_at, expires_at)
      select 'reminder'::mail_kind, b.id, b.schedule_version, m, b.starts_at - make_interval(mins => m),
        b.starts_at + make_interval(mins => ${graceMinutes})
      from behind b cross join unnest(${[...reminderMinutes]}::integer[]) m
      where b.status in ('scheduled', 'rehearsal') and b.mail_version <> b.schedule_version
        and b.starts_at - make_interval(mins => m) > clock_timestamp()
      union all
      select 'new_stream', b.id, 0, 0,
        -- One that starts soon is told of before it does.
        greatest(clock_timestamp(), least(
          clock_timestamp() + make_interval(mins => ${newAfterMinutes}),
          b.starts_at - make_interval(mins => ${newAfterMinutes})
        )), b.starts_at
      from behind b
      where b.status = 'scheduled' and b.mail_version = 0 and b.starts_at > clock_timestamp()
        -- A series is told of once, as its first stream, not with each that comes later.
        and not exists (select from streams f where f.series_id = b.series_id and f.series_day < b.series_day)
      union all
      select 'moved', b.id, b.schedule_version, 0, clock_timestamp() + make_interval(secs => ${movedAfterSeconds}),
        greatest(b.starts_at + make_interval(mins => ${graceMinutes}), clock_timestamp() + interval '1 hour')
      from behind b
      where b.status in ('scheduled', 'rehearsal') and b.mail_version > 0 and b.mail_version <> b.schedule_version
      union all
      select 'live', b.id, 0, 0, clock_timestamp(), b.live_at + make_interval(mins => ${graceMinutes})
      from behind b where b.status = 'live' and b.mail_status <> 'live'
      union all
      select 'cancelled', b.id, 0, 0, clock_timestamp(), greatest(b.starts_at, clock_timestamp() + interval '1 day')
      from behind b where b.status = 'cancelled' and b.mail_status <> 'cancelled'
      on conflict do nothing
    )
    select count(*)::integer as streams from planned
  `.execute(db);
  return rows[0]!.streams;
}

/** So long after it is there, or there again, people are told of a replay. */
const replayTime = sql`interval '3 days'`;
/** Of a mail that was skipped: it is due now, as if it had not been looked at. */
const waitsAnew = sql`
  next_at = clock_timestamp(), outcome = null, settled_at = null, reason = '', claims = 0, claimed_at = null
`;

/** Has everybody who was coming told that the replay of a stream is there, once. A part of making it ready. */
export async function planReplayMail(trx: Transaction<Database>, streamId: string): Promise<void> {
  await sql`
    insert into mailings (kind, stream_id, due_at, expires_at)
    values ('replay', ${streamId}::uuid, clock_timestamp(), clock_timestamp() + ${replayTime})
    on conflict do nothing
  `.execute(trx);
}

/** Later than this, a replay that can be seen again is no news. */
const replayNewsDays = 14;

/**
 * Has those told of a stream's replay who were not, because it was hidden or deleted when it was their turn. A part of showing
 * it again.
 */
export async function planReplayMailAgain(trx: Transaction<Database>, streamId: string): Promise<void> {
  await sql`
    with told as (
      update mails m set ${waitsAnew}
      from mailings g
      where g.id = m.mailing_id and g.kind = 'replay' and g.stream_id = ${streamId}::uuid
        and g.created_at > clock_timestamp() - make_interval(days => ${replayNewsDays})
        and m.outcome = 'skipped' and m.reason = 'no_replay'
      returning g.id
    )
    update mailings set expires_at = greatest(expires_at, clock_timestamp() + ${replayTime})
    where id in (select id from told)
  `.execute(trx);
}

/**
 * Has a confirmation sent to everybody who has said since the last look that they are coming: one for each version of the
 * stream's times, however often they change their mind. Takes at most `most`; gives how many it took.
 */
export async function planConfirmations(db: Db, { most = 500 }: { most?: number } = {}): Promise<number> {
  const { rows } = await sql<{ people: number }>`
    with fresh as (
      select stream_id, person_id from coming where mail_planned_at is null
      order by since limit ${most} for no key update skip locked
    ), marked as (
      update coming c set mail_planned_at = clock_timestamp() from fresh f
      where c.stream_id = f.stream_id and c.person_id = f.person_id
      returning c.stream_id
    ), made as (
      insert into mailings as g (kind, stream_id, schedule_version, due_at, expires_at, spread_at)
      select 'coming', s.id, s.schedule_version, clock_timestamp(),
        s.starts_at + make_interval(mins => ${graceMinutes}), clock_timestamp()
      from streams s where s.id in (select stream_id from fresh) and s.status in ('scheduled', 'rehearsal')
      order by s.id
      -- One that is there is given back as well.
      on conflict (stream_id, kind, schedule_version, minutes_before) where stream_id is not null
        do update set spread_at = g.spread_at
      returning id, stream_id
    ), mailed as (
      insert into mails as m (mailing_id, person_id, next_at)
      select made.id, f.person_id, clock_timestamp() from made join fresh f on f.stream_id = made.stream_id
      -- Whoever did not come for a moment has none yet.
      on conflict (mailing_id, person_id) do update
        set ${waitsAnew}
        where m.outcome = 'skipped' and m.reason in ('not_coming', 'unsubscribed')
    )
    select count(*)::integer as people from marked
  `.execute(db);
  return rows[0]!.people;
}

/** So many days before its end its holder is written to, about a grant of at least `longDays`. */
export const endsSoonDays = 3;
const longDays = 7;

/** Has the holders of grants written to that end within three days, once for each end. Gives how many. */
export async function planAccessEnds(db: Db, { most = 500 }: { most?: number } = {}): Promise<number> {
  const { rows } = await sql<{ people: number }>`
    with ending as (
      select g.id, g.user_id, g.ends_at from access_grants g
      where g.status = 'active' and g.ends_at > clock_timestamp()
        and g.ends_at <= clock_timestamp() + make_interval(days => ${endsSoonDays})
        and g.ends_at - g.starts_at >= make_interval(days => ${longDays})
        and not exists (select from mailings m where m.access_grant_id = g.id and m.expires_at = g.ends_at)
      order by g.ends_at limit ${most}
    ), made as (
      insert into mailings (kind, access_grant_id, due_at, expires_at, spread_at)
      select 'access_ends', id, clock_timestamp(), ends_at, clock_timestamp() from ending
      on conflict do nothing
      returning id, access_grant_id
    ), mailed as (
      insert into mails (mailing_id, person_id, next_at)
      select made.id, ending.user_id, clock_timestamp() from made join ending on ending.id = made.access_grant_id
      returning 1
    )
    select count(*)::integer as people from mailed
  `.execute(db);
  return rows[0]!.people;
}
