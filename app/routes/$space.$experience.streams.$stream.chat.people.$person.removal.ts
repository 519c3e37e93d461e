import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { deleteMessagesOf } from "#app/domain/moderation/messages.ts";
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

/** Deletes everything that a person has said in this stream. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const targetId = requireChatId(args, args.params.person);
  const { reason } = await requireChatForm(args.request, z.object({ reason: reasonField }));
  const done = await deleteMessagesOf(args.context, { streamId, targetId, actorId: viewer.userId, reason });
  return done.ok ? chatDone(args, { count: done.count }) : chatRefusal(args.request, done);
}
