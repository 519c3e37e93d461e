import { type Kysely, sql } from "kysely";
import type { Database, Db } from "#db/client.ts";
import { type AccessDecision, findAccess } from "../access/decision.ts";
import { isNotOverdue } from "../streams/overdue.ts";

/**
 * Why somebody cannot say that they come: `team` makes the stream, and is not its audience; `banned` from it or its space;
 * `over`: it is not to come any more (live, ended, cancelled, retired, or its time is half a day past).
 */
export type NotComing = "gone" | "team" | "banned" | "over";

/** In which a stream is still to come. */
const open = ["scheduled", "rehearsal"] as const;

/** What keeps somebody with this decision from coming, apart from the clock; undefined: nothing. A pass is not needed. */
export function whyNotComing({ role, reason, status }: AccessDecision): NotComing | undefined {
  if (role === "host" || role === "moderator") return "team";
  if (reason === "banned" || reason === "account_disabled") return "banned";
  if (reason === "retired" || !(open as readonly string[]).includes(status)) return "over";
  return undefined;
}

type Person = { streamId: string; userId: string };

/**
 * Somebody says that they come to a stream: one row, however often they say it. Everybody may who can read the stream's
 * page: who has no pass yet has until the start to get one.
 */
export async function sayComing(
  db: Db,
  { streamId, userId }: Person,
): Promise<{ ok: true; isNew: boolean } | { ok: false; reason: NotComing }> {
  const access = await findAccess(db, { streamId, userId });
  if (!access) return { ok: false, reason: "gone" };
  const why = whyNotComing(access);
  if (why) return { ok: false, reason: why };
  // It may go live or be cancelled meanwhile: whoever comes a moment too late is not written down.
  const { rows } = await sql<{ isNew: boolean }>`
    with stream as (
      select s.id from streams s
      where s.id = ${streamId}::uuid and s.status = any(${[...open]}::stream_status[])
        and ${isNotOverdue}
      for share
    ), said as (
      insert into coming (stream_id, person_id) select id, ${userId}::uuid from stream
      on conflict do nothing
      returning stream_id
    )
    select exists (select from said) as "isNew" from stream
  `.execute(db);
  return rows[0] ? { ok: true, isNew: rows[0].isNew } : { ok: false, reason: "over" };
}

/** Takes it back. Whoever had not said it has nothing to take back, and anybody may at any time. */
export async function takeComingBack(db: Db, { streamId, userId }: Person): Promise<boolean> {
  const gone = await db
    .deleteFrom("coming")
    .where("stream_id", "=", streamId)
    .where("person_id", "=", userId)
    .returning("stream_id")
    .executeTakeFirst();
  return gone !== undefined;
}

/**
 * In a query that has somebody who said that they come to this stream as `c`: whether they are to be in its audience, as it
 * stands now. Who was banned or joined the team since, or is switched off, is not, and is again when that is over. The few
 * who are not are read once, and not looked for at each of those who come.
 */
export const isOfAudience = (streamId: string) => sql<boolean>`(
  c.person_id not in (
    select off.id from users off where off.disabled_at is not null
    union all
    select m.user_id
    from streams s
    join experiences e on e.id = s.experience_id
    join space_members m on m.space_id = e.space_id
    where s.id = ${streamId}::uuid
    union all
    select b.user_id
    from streams s
    join experiences e on e.id = s.experience_id
    join space_bans_in_force b on b.space_id = e.space_id and (b.stream_id is null or b.stream_id = s.id)
    where s.id = ${streamId}::uuid
  )
)`;

/** How many come to a stream to be in its audience, and whether this person (null: nobody) is one of them. */
export async function findComing(
  db: Kysely<Database>,
  { streamId, userId }: { streamId: string; userId: string | null },
): Promise<{ count: number; mine: boolean }> {
  const { rows } = await sql<{ count: number; mine: boolean }>`
    select count(*)::int as count, coalesce(bool_or(c.person_id = ${userId}::uuid), false) as mine
    from coming c where c.stream_id = ${streamId}::uuid and ${isOfAudience(streamId)}
  `.execute(db);
  return rows[0]!;
}
