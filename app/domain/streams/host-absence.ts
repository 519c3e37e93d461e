import { sql } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Queue } from "#app/jobs/queue.ts";
import type { LiveKit } from "#app/services/livekit.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Db } from "#db/client.ts";
import { moveToEnded } from "./broadcast.ts";
import { findHostIdentity, removeOtherHosts } from "./host-participants.ts";
import { lockLease } from "./lease.ts";
import { stopAbandonedRehearsals } from "./rehearsal.ts";

/** A host whose page socket is silent for so long is missed. LiveKit itself would need 20 s. */
export const hostSilentSeconds = 5;
/** After the web processes were away, hosts get this long to come back before they are missed. */
const returnSeconds = 10;

/**
 * Notes for each live stream whose host has gone silent that the host is missed, and takes what is left of that host out
 * of the room, so that nobody looks at a frozen picture. While no web process listens, silence means nothing, and
 * LiveKit is asked instead. Gives the ids of the streams whose host is missed since this call.
 */
export async function markAbsentHosts(db: Db, livekit: LiveKit): Promise<string[]> {
  const missed = await noteSilentHosts(db);
  for (const streamId of missed) {
    await despiteOutage(() => removeOtherHosts(db, livekit, { streamId, alsoHolder: true }));
  }
  const unheard = await listUnheard(db);
  for (const streamId of unheard) {
    await despiteOutage(async () => {
      const identity = await findHostIdentity(db, { streamId });
      const people = await livekit.listPeople(streamId);
      if (people?.some((person) => person.identity === identity)) return;
      if (await noteAbsent(db, streamId)) missed.push(streamId);
    });
  }
  return missed;
}

async function noteSilentHosts(db: Db): Promise<string[]> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: string }>`
      update streams s set host_absent_since = clock_timestamp()
      from (
        select s.id from streams s
        join stream_host_watch watch on watch.seen_at > clock_timestamp() - make_interval(secs => ${hostSilentSeconds})
        left join stream_host_leases lease on lease.stream_id = s.id
        where s.status = 'live' and s.host_absent_since is null
          and greatest(
            s.live_at,
            -- Who was not heard of since we are back may still be on the way.
            case when lease.seen_at > watch.since then lease.seen_at
              else watch.since + make_interval(secs => ${returnSeconds}) end
          ) < clock_timestamp() - make_interval(secs => ${hostSilentSeconds})
      ) silent
      where s.id = silent.id and s.status = 'live' and s.host_absent_since is null
      returning s.id
    `.execute(trx);
    for (const { id } of rows) await notifyChange(trx, { kind: "stream", streamId: id });
    return rows.map(({ id }) => id);
  });
}

/** Live streams of which nothing can be heard, because no web process listens. */
async function listUnheard(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select s.id from streams s
    where s.status = 'live' and s.host_absent_since is null
      and s.live_at < clock_timestamp() - make_interval(secs => ${hostSilentSeconds})
      and not exists (
        select from stream_host_watch where seen_at > clock_timestamp() - make_interval(secs => ${hostSilentSeconds})
      )
  `.execute(db);
  return rows.map(({ id }) => id);
}

async function noteAbsent(db: Db, streamId: string): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable("streams")
      .set({ host_absent_since: sql`clock_timestamp()` })
      .where("id", "=", streamId)
      .where("status", "=", "live")
      .where("host_absent_since", "is", null)
      .returning("id")
      .executeTakeFirst();
    if (row) await notifyChange(trx, { kind: "stream", streamId });
    return row !== undefined;
  });
}

/**
 * Ends the live streams whose host has been missed for `graceSeconds` (reason `host_lost`), and takes rehearsals without
 * a host for 15 minutes back to scheduled. A host who is coming back at this very moment, or somebody who presses End,
 * wins or loses as a whole. Gives the ids of the streams that were ended.
 */
export async function endAbandonedStreams(
  db: Db,
  queue: Queue,
  { graceSeconds }: { graceSeconds: number },
): Promise<string[]> {
  const grace = sql`make_interval(secs => ${graceSeconds})`;
  const { rows } = await sql<{ id: string }>`
    select s.id from streams s
    left join stream_host_watch watch on true
    where s.status = 'live' and s.host_absent_since < clock_timestamp() - ${grace}
      -- Whoever could not reach us gets a moment after we are back.
      and coalesce(watch.since, s.live_at) < clock_timestamp() - least(${grace}, make_interval(secs => ${2 * returnSeconds}))
  `.execute(db);
  const ended: string[] = [];
  for (const { id } of rows) {
    const done = await db.transaction().execute(async (trx) => {
      await lockLease(trx, { streamId: id });
      return moveToEnded(trx, queue, { streamId: id, reason: "host_lost", absentForSeconds: graceSeconds });
    });
    if (done) ended.push(id);
  }
  await stopAbandonedRehearsals(db, queue);
  return ended;
}

/** LiveKit away: its own timeout removes a lost host after 20 s. */
async function despiteOutage(act: () => Promise<void>) {
  try {
    await act();
  } catch (error) {
    if (!isServiceError(error)) throw error;
  }
}
