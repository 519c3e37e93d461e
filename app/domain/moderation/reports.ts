import { sql } from "kysely";
import { findAccess } from "#app/domain/access/decision.ts";
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
  await db
    .insertInto("streaming_chat_reports")
    .values({ stream_id: streamId, message_id: messageId, reported_by: userId, reason })
    .onConflict((conflict) => conflict.columns(["message_id", "reported_by"]).doNothing())
    .execute();
  return { ok: true };
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
    return { ok: true };
  });
}
