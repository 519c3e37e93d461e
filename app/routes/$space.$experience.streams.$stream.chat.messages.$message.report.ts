import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { reportMessage } from "#app/domain/moderation/reports.ts";
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

/** Reports a message to the team. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const messageId = requireChatId(args, args.params.message);
  const { reason } = await requireChatForm(args.request, z.object({ reason: reasonField }));
  const done = await reportMessage(args.context.db, { streamId, messageId, userId: viewer.userId, reason });
  return done.ok ? chatDone(args) : chatRefusal(args.request, done);
}
