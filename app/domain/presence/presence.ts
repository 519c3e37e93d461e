import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";

/** A tab in which somebody was seen: `agoMs` milliseconds before now. The team is no audience. */
export type Seen = { streamId: string; userId: string; tab: string; audience: boolean; agoMs: number };
/** A tab that was closed or fell silent `agoMs` milliseconds ago. */
export type Left = { streamId: string; userId: string; tab: string; agoMs: number };

/** How people are counted: now, at most at once while it was live, and everybody seen while it was live. */
export type Audience = { now: number; peak: number; total: number };

/** Who was seen within so many seconds is here. */
export const presenceSeconds = 15;

/** The tab under which a page counts that was asked for without scripts. */
export const pageTab = "page";

/**
 * Writes where people were seen, all of them in one statement; several entries of one tab count as the latest. What is
 * less than a second newer than what is known is not written. Streams and people that are gone are left out.
 */
export async function touchPresence(db: Kysely<Database>, seen: Seen[]): Promise<void> {
  const latest = new Map<string, Seen>();
  for (const entry of seen) {
    const key = `${entry.streamId} ${entry.userId} ${entry.tab}`;
    if ((latest.get(key)?.agoMs ?? Infinity) > entry.agoMs) latest.set(key, entry);
  }
  if (latest.size === 0) return;
  const rows = [...latest.values()];
  // In the order of the key, so that two web processes that write the same rows wait for each other instead of deadlocking.
  await sql`
    insert into stream_presence as p (stream_id, user_id, tab, audience, first_seen, last_seen, seen_live)
    select t.stream_id, t.user_id, t.tab, t.audience, t.seen, t.seen, s.status = 'live' and t.seen >= s.live_at
    from (
      select stream_id, user_id, tab, audience, clock_timestamp() - make_interval(secs => ago_ms / 1000) as seen
      from unnest(
        ${rows.map((row) => row.streamId)}::uuid[], ${rows.map((row) => row.userId)}::uuid[],
        ${rows.map((row) => row.tab)}::text[], ${rows.map((row) => row.audience)}::boolean[],
        ${rows.map((row) => Math.max(0, row.agoMs))}::float8[]
      ) as given (stream_id, user_id, tab, audience, ago_ms)
    ) t
    join streams s on s.id = t.stream_id
    join users u on u.id = t.user_id
    order by t.stream_id, t.user_id, t.tab
    on conflict (stream_id, user_id, tab) do update set
      audience = excluded.audience,
      last_seen = greatest(p.last_seen, excluded.last_seen),
      seen_live = p.seen_live or excluded.seen_live
    where excluded.last_seen > p.last_seen + interval '1 second'
      or p.audience <> excluded.audience or p.seen_live < excluded.seen_live
  `.execute(db);
}

/** Takes tabs out of the count at once, unless they were seen again since they left. */
export async function leavePresence(db: Kysely<Database>, left: Left[]): Promise<void> {
  if (left.length === 0) return;
  await sql`
    update stream_presence p
    set last_seen = clock_timestamp() - make_interval(secs => ${presenceSeconds})
    from (
      select p.stream_id, p.user_id, p.tab
      from unnest(
        ${left.map((row) => row.streamId)}::uuid[], ${left.map((row) => row.userId)}::uuid[],
        ${left.map((row) => row.tab)}::text[], ${left.map((row) => Math.max(0, row.agoMs))}::float8[]
      ) as t (stream_id, user_id, tab, ago_ms)
      join stream_presence p on p.stream_id = t.stream_id and p.user_id = t.user_id and p.tab = t.tab
      where p.last_seen <= clock_timestamp() - make_interval(secs => t.ago_ms / 1000)
        and p.last_seen > clock_timestamp() - make_interval(secs => ${presenceSeconds})
      order by p.stream_id, p.user_id, p.tab
      for update of p
    ) gone
    where p.stream_id = gone.stream_id and p.user_id = gone.user_id and p.tab = gone.tab
  `.execute(db);
}

/**
 * The audiences of streams. People are distinct users, however many tabs they have. However many processes ask, a
 * stream is counted about once a second; the peak is kept while it is live. Unknown streams are not in the answer.
 */
export async function countAudiences(
  db: Kysely<Database>,
  streamIds: string[],
): Promise<Map<string, Audience>> {
  const counted = new Map<string, Audience>();
  if (streamIds.length === 0) return counted;
  const { rows } = await sql<CountRow>`
    with known as (
      select s.id, s.status, s.peak_viewers, a.viewers_now, a.viewers_total,
        coalesce(a.counted_at > clock_timestamp() - interval '900 milliseconds', false) as fresh
      from streams s
      left join stream_audiences a on a.stream_id = s.id
      where s.id = any(${streamIds}::uuid[])
    ), counted as (
      select k.id, n.now::int as now, n.total::int as total
      from known k
      cross join lateral (
        select
          count(distinct p.user_id) filter (
            where p.last_seen > clock_timestamp() - make_interval(secs => ${presenceSeconds})
          ) as now,
          count(distinct p.user_id) filter (where p.seen_live) as total
        from stream_presence p
        where p.stream_id = k.id and p.audience
      ) n
      where not k.fresh
      order by k.id
    ), kept as (
      insert into stream_audiences as a (stream_id, viewers_now, viewers_total, counted_at)
      select id, now, total, clock_timestamp() from counted
      on conflict (stream_id) do update set
        viewers_now = excluded.viewers_now, viewers_total = excluded.viewers_total, counted_at = excluded.counted_at
    )
    select k.id, k.status = 'live' as live, k.peak_viewers as peak,
      coalesce(c.now, k.viewers_now) as now, coalesce(c.total, k.viewers_total) as total
    from known k
    left join counted c on c.id = k.id
  `.execute(db);
  for (const { id, live, peak, now, total } of rows) {
    const higher = live && now > peak;
    if (higher) await raisePeak(db, { streamId: id, viewers: now });
    counted.set(id, audienceOf({ now, peak: higher ? now : peak, total }));
  }
  return counted;
}

/** Who came before the stream began is seen again within seconds of it, and until then in the peak alone. */
export const audienceOf = ({ now, peak, total }: Audience): Audience => ({
  now,
  peak,
  total: Math.max(peak, total),
});

/** The audience of one stream; undefined when there is no such stream. */
export async function findAudience(db: Kysely<Database>, streamId: string): Promise<Audience | undefined> {
  return (await countAudiences(db, [streamId])).get(streamId);
}

async function raisePeak(db: Kysely<Database>, { streamId, viewers }: { streamId: string; viewers: number }) {
  await db
    .updateTable("streams")
    .set({ peak_viewers: viewers })
    .where("id", "=", streamId)
    .where("status", "=", "live")
    .where("peak_viewers", "<", viewers)
    .execute();
}

type CountRow = { id: string; live: boolean; peak: number; now: number; total: number };
