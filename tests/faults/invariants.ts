import { sql } from "kysely";
import { findAccess, mayJoinRoom } from "#app/domain/access/decision.ts";
import type { Db } from "#db/client.ts";
import { roomsOf } from "./studio-tools.ts";

/** What must be true after every fault; each broken one is a sentence. */
export async function brokenInvariants(db: Db, env: Record<string, string>): Promise<string[]> {
  return [
    ...(await severalUnfinishedRecordings(db)),
    ...(await smallerThanItsSegments(db)),
    ...(await severalLeases(db)),
    ...(await peopleWithoutAccess(db, env)),
  ];
}

async function severalUnfinishedRecordings(db: Db): Promise<string[]> {
  const { rows } = await sql<{ stream_id: string; count: number }>`
    select stream_id, count(*)::int as count from streaming_recordings
    where status not in ('ready', 'failed') group by stream_id having count(*) > 1
  `.execute(db);
  return rows.map(({ stream_id, count }) => `stream ${stream_id} has ${count} unfinished recordings`);
}

async function smallerThanItsSegments(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select r.id from streaming_recordings r where r.status = 'ready' and r.bytes < (
      select coalesce(sum(s.bytes), 0) from streaming_recording_segments s
      join streaming_recording_attempts a on a.id = s.attempt_id
      where a.recording_id = r.id and s.problem is null
    )
  `.execute(db);
  return rows.map(({ id }) => `recording ${id} is smaller than its verified segments`);
}

async function severalLeases(db: Db): Promise<string[]> {
  const { rows } = await sql<{ stream_id: string }>`
    select stream_id from stream_host_leases group by stream_id having count(*) > 1
  `.execute(db);
  return rows.map(({ stream_id }) => `stream ${stream_id} has several hosts at once`);
}

async function peopleWithoutAccess(db: Db, env: Record<string, string>): Promise<string[]> {
  const rooms = roomsOf(env);
  const broken: string[] = [];
  for (const { name } of await rooms.listRooms()) {
    for (const { identity, permission } of await rooms.listParticipants(name)) {
      if (permission?.recorder) continue;
      const person = await db
        .selectFrom("stream_participants")
        .select(["user_id", "stream_id"])
        .where("identity", "=", identity)
        .executeTakeFirst();
      const access = person && (await findAccess(db, { userId: person.user_id, streamId: person.stream_id }));
      if (!access || access.streamId !== name || !mayJoinRoom(access))
        broken.push(`${identity} is in room ${name} without access`);
    }
  }
  return broken;
}
