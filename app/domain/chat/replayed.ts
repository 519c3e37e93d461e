import { type Kysely, sql } from "kysely";
import type { RecordingClock } from "#app/domain/recordings/recording-time.ts";
import type { Database } from "#db/client.ts";
import { type ChatMessage, listMessages } from "./messages.ts";
import { findReplayClock } from "./replay-clock.ts";

/** A message beside a replay; `atMs` is the moment of the recording to which it belongs. */
export type ReplayedMessage = Pick<ChatMessage, "id" | "number" | "name" | "role" | "text" | "replyTo"> & {
  atMs: number;
};

export type ReplayedMessages = {
  messages: ReplayedMessage[];
  /** There are some before the first of them, and behind the last. */
  earlier: boolean;
  later: boolean;
};

/** `atMs`: those around a moment of the recording, most of them before it. Otherwise those next to a number. */
export type ReplayedPage = { atMs: number } | { after: number } | { before: number };

const mostAhead = 100;

/**
 * What was said in a stream and not deleted, in order, each with its moment in the stream's replay; undefined while there
 * is none. Decides nothing: the caller has asked whether `userId` may watch.
 */
export async function findReplayedMessages(
  db: Kysely<Database>,
  of: { streamId: string; userId: string },
  page: ReplayedPage,
): Promise<ReplayedMessages | undefined> {
  const clock = await findReplayClock(db, of.streamId);
  return clock && listReplayedMessages(db, { ...of, clock }, page);
}

async function listReplayedMessages(
  db: Kysely<Database>,
  { streamId, userId, clock }: { streamId: string; userId: string; clock: RecordingClock },
  page: ReplayedPage,
): Promise<ReplayedMessages> {
  const withTime = (messages: ChatMessage[]): ReplayedMessage[] =>
    messages.map(({ id, number, name, role, text, replyTo, saidAt }) => ({
      ...{ id, number, name, role, text, replyTo },
      // Rounded up, as something stands before a moment in whole ms only when all of it does.
      atMs: Math.ceil(clock.timeOf(new Date(saidAt)) - 0.001),
    }));
  const of = { streamId, userId };
  if ("after" in page) {
    const { messages, more } = await listMessages(db, { ...of, after: page.after });
    return { messages: withTime(messages), earlier: page.after > 0, later: more };
  }
  if ("before" in page) {
    const { messages, more } = await listMessages(db, { ...of, before: page.before });
    return { messages: withTime(messages), earlier: more, later: true };
  }
  const number = await findLastNumber(db, streamId, clock.dateOf(page.atMs));
  const [until, ahead] = await Promise.all([
    listMessages(db, { ...of, before: number + 1 }),
    listMessages(db, { ...of, after: number, most: mostAhead }),
  ]);
  return {
    messages: withTime([...until.messages, ...ahead.messages]),
    earlier: until.more,
    later: ahead.more,
  };
}

/** The number of the last message that was said until then; 0 where none was. */
async function findLastNumber(db: Kysely<Database>, streamId: string, until: Date | null): Promise<number> {
  const row = await db
    .selectFrom("streaming_chat_messages")
    .select("number")
    .where("stream_id", "=", streamId)
    .$if(until !== null, (query) => query.where("said_at", "<=", sql<Date>`${until}::timestamptz`))
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.number ?? 0;
}
