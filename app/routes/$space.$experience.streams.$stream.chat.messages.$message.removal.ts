import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { deleteMessage } from "#app/domain/moderation/messages.ts";
import {
  chatDone,
  chatRefusal,
  onlyPost,
  reasonField,
  requireChatForm,
  requireChatId,
  requireChatStream,
} from "#app/http/chat.ts";

export const loader = onlyPost;

/** Deletes a message. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const messageId = requireChatId(args, args.params.message);
  const { reason } = await requireChatForm(args.request, z.object({ reason: reasonField }));
  const deleted = await deleteMessage(args.context, { streamId, messageId, actorId: viewer.userId, reason });
  if (!deleted.ok) return chatRefusal(args.request, deleted);
  return chatDone(args, { actId: deleted.actId, undoUntil: deleted.undoUntil.toISOString() });
}
