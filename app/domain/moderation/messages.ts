import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { type AccessDecision, findAccess } from "#app/domain/access/decision.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Db } from "#db/client.ts";
import { insertAct } from "./acts.ts";
import { mayTouchMessageOf } from "./order.ts";

/** So long a deletion can be undone; after it the text is erased. */
export const undoSeconds = 10;

type Needs = Pick<Services, "db" | "queue">;
type OnMessage = { streamId: string; messageId: string; actorId: string; reason?: string };
export type MessageRefusal = {
  ok: false;
  reason: "gone" | "no_access" | "order" | "too_late";
  message: string;
};

const gone: MessageRefusal = { ok: false, reason: "gone", message: "There is no such message any more." };
const noAccess: MessageRefusal = { ok: false, reason: "no_access", message: "You cannot do that here." };
const order: MessageRefusal = {
  ok: false,
  reason: "order",
  message: "Only somebody who is at least their equal in the team can do this to their messages.",
};

/**
 * Deletes a message: hosts, moderators (role order) and its author may. It is hidden everywhere at once; for ten seconds
 * `restoreMessage` brings it back, then its text is erased. Deleting twice is one act.
 */
export async function deleteMessage(
  { db, queue }: Needs,
  { streamId, messageId, actorId, reason = "" }: OnMessage,
): Promise<{ ok: true; actId: string; undoUntil: Date } | MessageRefusal> {
  const checked = await check(db, { streamId, messageId, actorId });
  if (!checked.ok) return checked;
  const { access, authorId } = checked;
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ undo_until: Date }>`
      update streaming_chat_messages set status = 'hidden', hidden_at = clock_timestamp(), hidden_by = ${actorId}::uuid
      where id = ${messageId}::uuid and stream_id = ${streamId}::uuid and status = 'shown'
      returning hidden_at + make_interval(secs => ${undoSeconds}) as undo_until
    `.execute(trx);
    const hidden = rows[0];
    if (!hidden) return gone;
    const actId = await insertAct(trx, queue, {
      spaceId: access.spaceId,
      streamId,
      kind: "message_deleted",
      actorId,
      targetUserId: authorId,
      messageId,
      reason,
    });
    await settleReports(trx, { streamId, messageIds: [messageId], actorId });
    await notifyChange(trx, { kind: "chat", streamId, gone: [messageId] });
    return { ok: true, actId, undoUntil: hidden.undo_until };
  });
}

/**
 * Shows a message again that was deleted less than ten seconds ago, with its pin and the reports that the deletion settled.
 * Whoever deleted it may, and of the team who is at least their equal: an author does not undo what a moderator did.
 */
export async function restoreMessage(
  { db, queue }: Needs,
  { streamId, messageId, actorId }: OnMessage,
): Promise<{ ok: true; actId: string } | MessageRefusal> {
  const checked = await check(db, { streamId, messageId, actorId });
  if (!checked.ok) return checked;
  const { access, hiddenBy } = checked;
  if (hiddenBy && hiddenBy !== actorId) {
    if (!access.mayModerate) return gone;
    if (!(await mayTouchMessageOf(db, { spaceId: access.spaceId, actorId, targetId: hiddenBy })))
      return order;
  }
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ hidden_at: Date }>`
      update streaming_chat_messages m set status = 'shown', hidden_at = null, hidden_by = null
      from (select id, hidden_at from streaming_chat_messages where id = ${messageId}::uuid for update) old
      where m.id = old.id and m.stream_id = ${streamId}::uuid and m.status = 'hidden'
        and m.hidden_by is not distinct from ${hiddenBy}::uuid
        and m.hidden_at > clock_timestamp() - make_interval(secs => ${undoSeconds})
      returning old.hidden_at
    `.execute(trx);
    const hidden = rows[0];
    if (!hidden)
      return { ok: false, reason: "too_late", message: "It is too late to undo that: the message is gone." };
    const { rows: reports } = await sql`
      update streaming_chat_reports set settled_at = null, settled_by = null, outcome = ''
      where message_id = ${messageId}::uuid and outcome = 'deleted' and settled_at >= ${hidden.hidden_at}
      returning id
    `.execute(trx);
    if (reports.length > 0) await notifyChange(trx, { kind: "stream", streamId });
    const actId = await insertAct(trx, queue, {
      spaceId: checked.access.spaceId,
      streamId,
      kind: "message_restored",
      actorId,
      targetUserId: checked.authorId,
      messageId,
    });
    await notifyChange(trx, { kind: "chat", streamId, shown: [messageId] });
    return { ok: true, actId };
  });
}

/** Pins a message at the top of the chat, or takes it down. Hosts and moderators. */
export async function pinMessage(
  { db, queue }: Needs,
  { streamId, messageId, actorId, pinned }: OnMessage & { pinned: boolean },
): Promise<{ ok: true } | MessageRefusal> {
  const checked = await check(db, { streamId, messageId, actorId }, { pins: true });
  if (!checked.ok) return checked;
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ was: boolean }>`
      update streaming_chat_messages m
      set pinned_at = case when ${pinned} then coalesce(m.pinned_at, clock_timestamp()) end
      from (select id, pinned_at is not null as was from streaming_chat_messages where id = ${messageId}::uuid for update) old
      where m.id = old.id and m.stream_id = ${streamId}::uuid and m.status = 'shown'
      returning old.was
    `.execute(trx);
    const before = rows[0];
    if (!before) return gone;
    if (before.was === pinned) return { ok: true };
    await insertAct(trx, queue, {
      spaceId: checked.access.spaceId,
      streamId,
      kind: pinned ? "message_pinned" : "message_unpinned",
      actorId,
      targetUserId: checked.authorId,
      messageId,
    });
    await notifyChange(trx, { kind: "chat", streamId, shown: [messageId] });
    return { ok: true };
  });
}

/** How many ids a notice has room for. */
const idsInNotice = 100;

/** Deletes everything that a person has said in a stream. There is no undo for it. Gives how many messages it were. */
export async function deleteMessagesOf(
  { db, queue }: Needs,
  {
    streamId,
    targetId,
    actorId,
    reason = "",
  }: { streamId: string; targetId: string; actorId: string; reason?: string },
): Promise<{ ok: true; count: number } | MessageRefusal> {
  const access = await findAccess(db, { streamId, userId: actorId });
  if (!access?.mayModerate) return noAccess;
  if (!(await mayTouchMessageOf(db, { spaceId: access.spaceId, actorId, targetId }))) return order;
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: string }>`
      update streaming_chat_messages
      set status = 'hidden', hidden_at = clock_timestamp() - make_interval(secs => ${undoSeconds}),
        hidden_by = ${actorId}::uuid
      where stream_id = ${streamId}::uuid and user_id = ${targetId}::uuid and status = 'shown'
      returning id
    `.execute(trx);
    if (rows.length === 0) return { ok: true, count: 0 };
    await insertAct(trx, queue, {
      spaceId: access.spaceId,
      streamId,
      kind: "messages_deleted",
      actorId,
      targetUserId: targetId,
      reason,
      details: { count: rows.length },
    });
    const ids = rows.map(({ id }) => id);
    await settleReports(trx, { streamId, messageIds: ids, actorId });
    for (let at = 0; at < ids.length; at += idsInNotice)
      await notifyChange(trx, { kind: "chat", streamId, gone: ids.slice(at, at + idsInNotice) });
    return { ok: true, count: ids.length };
  });
}

/** Erases the text of what was deleted and can no longer be undone. From then on nothing brings it back. */
export async function eraseHiddenMessages(db: Db): Promise<void> {
  await sql`
    update streaming_chat_messages set status = 'removed', text = '', pinned_at = null
    where id in (
      select id from streaming_chat_messages
      where status = 'hidden' and hidden_at <= clock_timestamp() - make_interval(secs => ${undoSeconds})
      limit 1000)
  `.execute(db);
}

/** Reports about messages that are deleted need nobody's look any more. */
async function settleReports(
  db: Db,
  { streamId, messageIds, actorId }: { streamId: string; messageIds: string[]; actorId: string },
): Promise<void> {
  const { rows } = await sql`
    update streaming_chat_reports
    set settled_at = clock_timestamp(), settled_by = ${actorId}::uuid, outcome = 'deleted'
    where message_id = any(${messageIds}::uuid[]) and settled_at is null
    returning id
  `.execute(db);
  if (rows.length > 0) await notifyChange(db, { kind: "stream", streamId });
}

async function check(
  db: Db,
  { streamId, messageId, actorId }: OnMessage,
  { pins = false }: { pins?: boolean } = {},
): Promise<{ ok: true; access: AccessDecision; authorId: string; hiddenBy: string | null } | MessageRefusal> {
  const access = await findAccess(db, { streamId, userId: actorId });
  if (!access?.mayChat) return noAccess;
  const message = await db
    .selectFrom("streaming_chat_messages")
    .select(["user_id", "hidden_by"])
    .where("id", "=", messageId)
    .where("stream_id", "=", streamId)
    .executeTakeFirst();
  const own = !pins && message?.user_id === actorId;
  if (!access.mayModerate && !own) return noAccess;
  if (!message) return gone;
  const authorId = message.user_id;
  // To pin what somebody says is nothing that is done to them.
  if (
    !own &&
    !pins &&
    !(await mayTouchMessageOf(db, { spaceId: access.spaceId, actorId, targetId: authorId }))
  )
    return order;
  return { ok: true, access, authorId, hiddenBy: message.hidden_by };
}
