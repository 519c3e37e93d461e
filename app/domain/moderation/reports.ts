import { sql } from "kysely";
import { findAccess, type StreamRole } from "#app/domain/access/decision.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { chatName } from "#app/domain/chat/messages.ts";
import type { Services } from "#app/context.ts";
import type { Db } from "#db/client.ts";
import { insertAct } from "./acts.ts";

/** One person reports so many messages of a stream in an hour; more is noise, or somebody who wants to make noise. */
const mostReportsAnHour = 20;

export type ReportRefusal = {
  ok: false;
  reason: "no_access" | "gone" | "own" | "too_many";
  message: string;
};

/** Tells the team that a message breaks the rules. Reporting it twice is one report. */
export async function reportMessage(
  db: Db,
  {
    streamId,
    messageId,
    userId,
    reason,
  }: { streamId: string; messageId: string; userId: string; reason: string },
): Promise<{ ok: true } | ReportRefusal> {
  const access = await findAccess(db, { streamId, userId });
  if (!access?.mayChat)
    return { ok: false, reason: "no_access", message: "You have no access to this stream's chat." };
  const message = await db
    .selectFrom("streaming_chat_messages")
    .select("user_id")
    .where("id", "=", messageId)
    .where("stream_id", "=", streamId)
    .where("status", "=", "shown")
    .executeTakeFirst();
  if (!message) return { ok: false, reason: "gone", message: "There is no such message any more." };
  if (message.user_id === userId)
    return { ok: false, reason: "own", message: "That is your own message. You can delete it." };
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from streaming_chat_reports
    where stream_id = ${streamId}::uuid and reported_by = ${userId}::uuid
      and created_at > clock_timestamp() - interval '1 hour'
  `.execute(db);
  if ((rows[0]?.count ?? 0) >= mostReportsAnHour)
    return {
      ok: false,
      reason: "too_many",
      message: "You have reported many messages. Please wait a while.",
    };
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto("streaming_chat_reports")
      .values({ stream_id: streamId, message_id: messageId, reported_by: userId, reason })
      .onConflict((conflict) => conflict.columns(["message_id", "reported_by"]).doNothing())
      .execute();
    await notifyChange(trx, { kind: "stream", streamId });
  });
  return { ok: true };
}

export type ReportedMessage = {
  messageId: string;
  number: number;
  author: { id: string; name: string; role: StreamRole };
  text: string;
  saidAt: Date;
  /** Who reported it and why, oldest first, at most ten of them. */
  reports: { name: string; reason: string; at: string }[];
  count: number;
};

/** The messages of a stream that wait for a look, the one that was reported first on top; at most 100. */
export async function listReports(db: Db, streamId: string): Promise<ReportedMessage[]> {
  const { rows } = await sql<{
    id: string;
    number: number;
    user_id: string;
    name: string;
    role: StreamRole;
    text: string;
    said_at: Date;
    count: number;
    reports: { user: string; name: string; reason: string; at: string }[];
  }>`
    select m.id, m.number, m.user_id, u.name, m.role, m.text, m.said_at, r.count, r.reports
    from (
      select said.message_id, count(*)::int as count, min(said.created_at) as first_at,
        json_agg(
          json_build_object('user', u.id, 'name', u.name, 'reason', said.reason, 'at', said.created_at)
          order by said.created_at
        ) as reports
      from streaming_chat_reports said join users u on u.id = said.reported_by
      where said.stream_id = ${streamId}::uuid and said.settled_at is null
      group by said.message_id
    ) r
    join streaming_chat_messages m on m.id = r.message_id and m.status = 'shown'
    join users u on u.id = m.user_id
    order by r.first_at limit 100
  `.execute(db);
  return rows.map((row) => ({
    messageId: row.id,
    number: row.number,
    author: { id: row.user_id, name: chatName(row.name, row.user_id), role: row.role },
    text: row.text,
    saidAt: row.said_at,
    count: row.count,
    reports: row.reports
      .slice(0, 10)
      .map(({ user, name, reason, at }) => ({ name: chatName(name, user), reason, at })),
  }));
}

/** Settles all open reports about a message: it stays. Hosts and moderators. */
export async function dismissReports(
  { db, queue }: Pick<Services, "db" | "queue">,
  { streamId, messageId, actorId }: { streamId: string; messageId: string; actorId: string },
): Promise<{ ok: true } | { ok: false; reason: "no_access" | "gone"; message: string }> {
  const access = await findAccess(db, { streamId, userId: actorId });
  if (!access?.mayModerate) return { ok: false, reason: "no_access", message: "You cannot do that here." };
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ author: string }>`
      update streaming_chat_reports r
      set settled_at = clock_timestamp(), settled_by = ${actorId}::uuid, outcome = 'dismissed'
      from streaming_chat_messages m
      where m.id = r.message_id and r.message_id = ${messageId}::uuid and r.stream_id = ${streamId}::uuid
        and r.settled_at is null
      returning m.user_id as author
    `.execute(trx);
    const report = rows[0];
    if (!report) return { ok: false, reason: "gone", message: "These reports are settled already." };
    await insertAct(trx, queue, {
      ...{ spaceId: access.spaceId, streamId, kind: "report_dismissed", actorId },
      targetUserId: report.author,
      messageId,
      details: { reports: rows.length },
    });
    await notifyChange(trx, { kind: "stream", streamId });
    return { ok: true };
  });
}
