import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "#db/client.ts";
import type { StreamChatBefore, StreamStatus } from "#db/types.ts";
import { chatPhase, type ChatPhase } from "./phase.ts";

/** A stream's chat, and the stream's times that open and close it. All instants are the database's. */
export type ChatRoom = {
  streamId: string;
  spaceId: string;
  /** At the chat service: unguessable, and told only to those who may read it. */
  channelId: string;
  made: boolean;
  phase: ChatPhase;
  opensAt: Date | null;
  closesAt: Date | null;
  slowModeSeconds: number;
  frozen: boolean;
  linksAllowed: boolean;
  /** The chat service could not be reached since then. */
  awaySince: Date | null;
  /** Somebody may not hear its channel any more and perhaps does: nothing is sent there until the chat has another one. */
  holding: boolean;
  /** It goes to another channel, or went there, and not every page is there yet. */
  moving: boolean;
  now: Date;
};

type Row = {
  stream_id: string;
  space_id: string;
  channel_id: string;
  made_at: Date | null;
  status: StreamStatus;
  starts_at: Date;
  ended_at: Date | null;
  chat_before: StreamChatBefore;
  chat_after_minutes: number;
  slow_mode_seconds: number;
  frozen_at: Date | null;
  links_allowed: boolean;
  away_since: Date | null;
  holding: boolean;
  moving: boolean;
  now: Date;
};

/** Pages take so long to come after their chat has moved. */
const followSeconds = 3;

/** The chat of a stream, which is made here when it has none yet; undefined when there is no such stream. */
export async function findChatRoom(
  db: Kysely<Database>,
  { streamId }: { streamId: string },
): Promise<ChatRoom | undefined> {
  return (await readRoom(db, streamId)) ?? (await insertRoom(db, streamId));
}

/** The same, held until the end of the transaction: whatever is said in it, is said one after another. */
export async function lockChatRoom(
  trx: Transaction<Database>,
  { streamId }: { streamId: string },
): Promise<ChatRoom | undefined> {
  const locked = await readRoom(trx, streamId, sql`for update of r`);
  if (locked) return locked;
  return (await insertRoom(trx, streamId)) && readRoom(trx, streamId, sql`for update of r`);
}

async function insertRoom(db: Kysely<Database>, streamId: string): Promise<ChatRoom | undefined> {
  await sql`
    insert into streaming_chat_rooms (stream_id) select id from streams where id = ${streamId}::uuid
    on conflict (stream_id) do nothing
  `.execute(db);
  return readRoom(db, streamId);
}

async function readRoom(db: Kysely<Database>, streamId: string, lock = sql``): Promise<ChatRoom | undefined> {
  const { rows } = await sql<Row>`
    select r.stream_id, e.space_id, r.channel_id, r.made_at, s.status, s.starts_at, s.ended_at, s.chat_before,
      s.chat_after_minutes, r.slow_mode_seconds, r.frozen_at, r.links_allowed, r.away_since, clock_timestamp() as now,
      r.move_wanted_at is not null as holding,
      r.move_wanted_at is not null or coalesce(
        r.moved_at > r.told_at or r.told_at > clock_timestamp() - make_interval(secs => ${followSeconds})
        or (r.moved_at is not null and r.told_at is null), false) as moving
    from streaming_chat_rooms r
    join streams s on s.id = r.stream_id
    join experiences e on e.id = s.experience_id
    where r.stream_id = ${streamId}::uuid
    ${lock}
  `.execute(db);
  const row = rows[0];
  if (!row) return undefined;
  const times = {
    status: row.status,
    startsAt: row.starts_at,
    endedAt: row.ended_at,
    chatBefore: row.chat_before,
    chatAfterMinutes: row.chat_after_minutes,
  };
  return {
    streamId: row.stream_id,
    spaceId: row.space_id,
    channelId: row.channel_id,
    made: row.made_at !== null,
    ...chatPhase(times, row.now),
    slowModeSeconds: row.slow_mode_seconds,
    frozen: row.frozen_at !== null,
    linksAllowed: row.links_allowed,
    awaySince: row.away_since,
    holding: row.holding,
    moving: row.moving,
    now: row.now,
  };
}
