import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { pinMessage } from "#app/domain/moderation/messages.ts";
import {
  chatDone,
  chatRefusal,
  onlyPost,
  requireChatForm,
  requireChatId,
  requireChatStream,
} from "#app/http/chat.ts";

export const loader = onlyPost;

/** Pins a message, or takes it down (`pinned` 0). */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const messageId = requireChatId(args, args.params.message);
  const { pinned } = await requireChatForm(args.request, z.object({ pinned: z.enum(["0", "1"]) }));
  const done = await pinMessage(args.context, {
    ...{ streamId, messageId, actorId: viewer.userId },
    pinned: pinned === "1",
  });
  return done.ok ? chatDone(args) : chatRefusal(args.request, done);
}
