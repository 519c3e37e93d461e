import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { MailKind } from "#db/types.ts";

/** One mailing of a stream for its team: how many people, and what came of it. */
export type MailingProgress = {
  id: string;
  kind: MailKind;
  minutesBefore: number;
  dueAt: Date;
  /** Of a version of the times that is not the stream's any more. */
  outdated: boolean;
  /** All people of it are found. */
  spread: boolean;
  /** To be sent, tried again, or being sent. */
  due: number;
  /** Of those: tried before, and the mail server did not take it. */
  retried: number;
  sent: number;
  bounced: number;
  /** By reason. */
  skipped: { reason: string; people: number }[];
  /** Who is to get it that nothing was made for yet: who wants it of those who come now. */
  toCome: number;
};

/** The mailings of a stream, the ones that come next first, then what was, the newest first. */
export async function listMailings(db: Db, streamId: string, usual: number[]): Promise<MailingProgress[]> {
  const { rows } = await sql<MailingProgress>`
    select g.id, g.kind, g.minutes_before as "minutesBefore", g.due_at as "dueAt",
      g.kind in ('reminder', 'coming', 'moved') and g.schedule_version <> s.schedule_version as outdated,
      g.spread_at is not null as spread,
      coalesce(m.due, 0)::integer as due, coalesce(m.retried, 0)::integer as retried,
      coalesce(m.sent, 0)::integer as sent, coalesce(m.bounced, 0)::integer as bounced,
      coalesce(m.skipped, '[]') as skipped,
      case when g.spread_at is null and g.kind = 'reminder' then (
        select count(*) from coming c left join mail_choices ch on ch.person_id = c.person_id
        where c.stream_id = s.id and c.person_id > g.after_person
          and g.minutes_before = any(coalesce(ch.reminder_minutes, s.reminder_minutes, ${usual}::integer[]))
      ) else 0 end::integer as "toCome"
    from mailings g
    join streams s on s.id = g.stream_id
    left join lateral (
      select sum(n) filter (where outcome is null) as due,
        sum(n) filter (where outcome is null and reason <> '') as retried,
        sum(n) filter (where outcome = 'sent') as sent, sum(n) filter (where outcome = 'bounced') as bounced,
        json_agg(json_build_object('reason', reason, 'people', n) order by n desc)
          filter (where outcome = 'skipped') as skipped
      from (
        select outcome, case when outcome = 'bounced' then '' else reason end as reason, count(*)::integer as n
        from mails where mailing_id = g.id group by 1, 2
      ) counted
    ) m on true
    where g.stream_id = ${streamId}::uuid
    order by (g.due_at > clock_timestamp()) desc,
      case when g.due_at > clock_timestamp() then g.due_at end, g.due_at desc, g.id
  `.execute(db);
  return rows;
}

export type BouncedMail = {
  kind: MailKind;
  minutesBefore: number;
  personId: string;
  /** Of those alone who hold or held a pass of the space, as in `listComing`: its team knows it already. */
  email: string | null;
  /** "" when they gave none. */
  name: string;
  code: string;
  at: Date;
};

/** Whose mail of a stream came back, the newest first: for hosts and owners, who may see who is coming. */
export async function listBounced(
  db: Db,
  streamId: string,
  { limit }: { limit: number },
): Promise<BouncedMail[]> {
  const { rows } = await sql<BouncedMail>`
    select g.kind, g.minutes_before as "minutesBefore", u.id as "personId", u.name, m.reason as code,
      m.settled_at as at,
      case when exists (
        select from access_grants a join access_passes p on p.id = a.access_pass_id and p.space_id = e.space_id
        where a.user_id = u.id
      ) then u.email end as email
    from mailings g join mails m on m.mailing_id = g.id and m.outcome = 'bounced'
    join users u on u.id = m.person_id
    join streams s on s.id = g.stream_id
    join experiences e on e.id = s.experience_id
    where g.stream_id = ${streamId}::uuid
    order by m.settled_at desc limit ${limit}
  `.execute(db);
  return rows;
}

/** What the host of a stream chose for its reminders; null: nothing else than usual. */
export async function findStreamReminders(db: Db, streamId: string): Promise<number[] | null> {
  const row = await db
    .selectFrom("streams")
    .select("reminder_minutes")
    .where("id", "=", streamId)
    .executeTakeFirst();
  return row?.reminder_minutes ?? null;
}
