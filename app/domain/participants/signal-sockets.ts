import { sql } from "kysely";
import type { Db } from "#db/client.ts";

/** After so long without a word from any gate it counts as back since its next one: nobody could come through meanwhile. */
const watchBreakSeconds = 15;
/** A client comes back to another gate within 45 s, while its picture goes on. */
const socketlessSeconds = 60;

/**
 * Notes which identities have a signal socket now, and that a gate is there at all: called every 5 s by each process with a
 * gate that people come to, also with an empty list.
 */
export async function touchSignalSockets(db: Db, identities: string[]): Promise<void> {
  await sql`
    with watch as (
      insert into signal_gate_watch as watch (since, seen_at) values (clock_timestamp(), clock_timestamp())
      on conflict (only_one) do update set
        seen_at = excluded.seen_at,
        since = case
          when watch.seen_at < excluded.seen_at - make_interval(secs => ${watchBreakSeconds}) then excluded.since
          else watch.since
        end
    )
    update stream_participants set signal_seen_at = clock_timestamp() where identity = any(${identities}::text[])
  `.execute(db);
}

/**
 * Which of these identities, all of them in a room, have had no signal socket for a minute, and no ticket for one: media
 * without it is no client of ours. None while no gate is there, or for a minute after it came back, since then nobody could have one.
 */
export async function listSocketless(db: Db, identities: string[]): Promise<Set<string>> {
  const patience = sql`make_interval(secs => ${socketlessSeconds})`;
  const { rows } = await sql<{ identity: string }>`
    select p.identity from stream_participants p
    join signal_gate_watch watch on watch.since < clock_timestamp() - ${patience}
      and watch.seen_at > clock_timestamp() - make_interval(secs => ${watchBreakSeconds})
    where p.identity = any(${identities}::text[])
      and greatest(p.signal_seen_at, p.asked_at) < clock_timestamp() - ${patience}
  `.execute(db);
  return new Set(rows.map(({ identity }) => identity));
}
