import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessGrantStatus, MailKind, StreamStatus } from "#db/types.ts";
import { isShown } from "../recordings/shown.ts";
import { type SeriesColumns, seriesInWords } from "../schedule/series-words.ts";
import { type Claim, claimRows } from "./due.ts";

/** The stream of a mailing as it is now. */
export type MailedStream = {
  id: string;
  title: string;
  status: StreamStatus;
  startsAt: Date;
  timeZone: string;
  lengthMinutes: number;
  scheduleVersion: number;
  path: string;
  experienceName: string;
  spaceName: string;
  spacePath: string;
  /** When it was to start as the reader knows it, where it was moved since; of who is told of that. */
  formerStartsAt: Date | null;
  /** Its replay can be seen. */
  replayShown: boolean;
  /** "Every week on Monday, until Monday 3 May 2027"; null of one that is part of no series. */
  series: string | null;
};

/** The grant that a mailing is about, as it is now. */
export type MailedGrant = {
  status: AccessGrantStatus;
  endsAt: Date | null;
  passName: string;
  passPath: string;
  spaceName: string;
  spacePath: string;
  atExpiry: "finish" | "cut";
  retired: boolean;
  /** Its holder has all that it opens for longer by another grant. */
  outlasted: boolean;
};

export type MailingFacts = {
  id: string;
  kind: MailKind;
  scheduleVersion: number;
  minutesBefore: number;
  expiresAt: Date;
  /** The database's clock. */
  now: Date;
  stream: MailedStream | null;
  grant: MailedGrant | null;
};

/** The same as the database gives it: JSON has instants as text. */
type MailingRow = Omit<MailingFacts, "stream"> & {
  stream: (Omit<MailedStream, "series" | "formerStartsAt"> & SeriesColumns) | null;
};

/** The mailings with these ids, each with what it is about as that is now. What a reader knows of it is in `PersonFacts`. */
export async function findMailings(db: Db, ids: string[]): Promise<Map<string, MailingFacts>> {
  const { rows } = await sql<MailingRow>`
    select g.id, g.kind, g.schedule_version as "scheduleVersion", g.minutes_before as "minutesBefore",
      -- A new stream is news until it starts, whenever that is by now.
      case when g.kind = 'new_stream' then s.starts_at else g.expires_at end as "expiresAt", clock_timestamp() as now,
      case when s.id is not null then json_build_object(
        'id', s.id, 'title', s.title, 'status', s.status, 'startsAt', s.starts_at, 'timeZone', s.time_zone,
        'lengthMinutes', s.length_minutes, 'scheduleVersion', s.schedule_version,
        'path', '/' || sp.slug || '/' || e.slug || '/streams/' || s.slug,
        'experienceName', e.name, 'spaceName', sp.name, 'spacePath', '/' || sp.slug,
        'seriesRepeats', x.repeats, 'seriesFirstDay', x.first_day, 'seriesLastDay', x.last_day,
        'replayShown', g.kind = 'replay' and exists (
          select from streaming_recordings r where r.stream_id = s.id and ${isShown()}
        )
      ) end as stream,
      case when a.id is not null then json_build_object(
        'status', a.status, 'endsAt', a.ends_at, 'passName', p.name, 'passPath', '/' || psp.slug || '/passes/' || p.slug,
        'spaceName', psp.name, 'spacePath', '/' || psp.slug, 'atExpiry', p.at_expiry,
        'retired', psp.retired_at is not null,
        'outlasted', exists (
          select from access_grants o
          where o.user_id = a.user_id and o.id <> a.id and o.status = 'active'
            and (o.ends_at is null or o.ends_at > a.ends_at)
            and not exists (
              select from access_pass_experiences pe where pe.access_pass_id = a.access_pass_id and not exists (
                select from access_pass_experiences oe
                where oe.access_pass_id = o.access_pass_id and oe.experience_id = pe.experience_id
              )
            )
        )
      ) end as grant
    from mailings g
    left join streams s on s.id = case when g.kind = 'new_stream' then ${newsOf} else g.stream_id end
    left join experiences e on e.id = s.experience_id
    left join spaces sp on sp.id = e.space_id
    left join stream_series x on x.id = s.series_id
    left join access_grants a on a.id = g.access_grant_id
    left join access_passes p on p.id = a.access_pass_id
    left join spaces psp on psp.id = p.space_id
    where g.id = any(${ids}::uuid[])
  `.execute(db);
  return new Map(rows.map((row) => [row.id, withDates(row)]));
}

/**
 * The stream that a mailing about a new one tells of: its own, or of a series whose first one is cancelled or over by now
 * the next that is still to come.
 */
const newsOf = sql`coalesce((
  select n.id from streams own join streams n on n.series_id = own.series_id
  where own.id = g.stream_id and n.status in ('scheduled', 'rehearsal') and n.starts_at > clock_timestamp()
  order by n.id = own.id desc, n.starts_at limit 1
), g.stream_id)`;

/** The start that a person knows: of the version which they saw when they said that they come, or were told of by mail since. */
const formerStart = sql`(
  select f.starts_at from stream_former_starts f
  where f.stream_id = g.stream_id and f.schedule_version < g.schedule_version and f.replaced_at > c.since
    and f.schedule_version >= coalesce((
      select max(told.schedule_version) from mailings told
      join mails t on t.mailing_id = told.id and t.person_id = k.person_id and t.outcome = 'sent'
      where told.stream_id = g.stream_id and told.kind in ('moved', 'coming', 'reminder')
        and told.schedule_version < g.schedule_version
    ), 0)
  order by f.schedule_version limit 1
)`;

function withDates(row: MailingRow): MailingFacts {
  const { stream, grant } = row;
  return {
    ...row,
    stream: stream && {
      ...stream,
      startsAt: new Date(stream.startsAt),
      formerStartsAt: null,
      series: seriesInWords(stream),
    },
    grant: grant && { ...grant, endsAt: grant.endsAt && new Date(grant.endsAt) },
  };
}

export type PersonFacts = Claim & {
  /** Why it was not sent at an earlier try, "" at the first. */
  waitedFor: string;
  email: string;
  timeZone: string | null;
  disabled: boolean;
  /** A mail server said that there is no such mailbox. */
  unreachable: boolean;
  stopped: string[];
  allStopped: boolean;
  /** Still comes to the mailing's stream. */
  coming: boolean;
  /** Still follows its space or series. */
  follows: boolean;
  /** The start that they know, where it was moved since; of who is told of that. */
  formerStartsAt: Date | null;
  /** They had their one letter about new streams in the day before the mailing's stream started. */
  hadLetter: boolean;
};

/** The people of these claims; whoever was deleted meanwhile is not among them, and their mails neither. */
export async function findPeople(db: Db, claims: Claim[]): Promise<PersonFacts[]> {
  const { rows } = await sql<PersonFacts>`
    select k.mailing_id as "mailingId", k.person_id as "personId", k.claims, m.reason as "waitedFor", u.email, u.time_zone as "timeZone",
      u.disabled_at is not null as disabled, f.address is not null as unreachable,
      coalesce(ch.stopped, '{}') as stopped, ch.all_stopped_at is not null as "allStopped",
      c.person_id is not null as coming,
      case when g.kind = 'moved' then ${formerStart} end as "formerStartsAt",
      g.kind = 'new_stream' and exists (
        select from streams s join experiences e on e.id = s.experience_id
        join follows w on w.space_id = e.space_id and (w.experience_id is null or w.experience_id = e.id)
        where s.id = g.stream_id and w.person_id = k.person_id
      ) as follows,
      g.kind = 'new_stream' and coalesce(ch.new_streams, 'daily') = 'daily' and exists (
        select from streams s where s.id = g.stream_id
          and ch.new_streams_at between s.starts_at - interval '1 day' and s.starts_at
      ) as "hadLetter"
    from ${claimRows(claims)}
    join mails m on m.mailing_id = k.mailing_id and m.person_id = k.person_id
    join mailings g on g.id = k.mailing_id
    join users u on u.id = k.person_id
    left join mail_failures f on f.address = u.email
    left join mail_choices ch on ch.person_id = k.person_id
    left join coming c on c.stream_id = g.stream_id and c.person_id = k.person_id
  `.execute(db);
  return rows;
}
