import type { ActionFunctionArgs } from "@remix-run/node";
import { restoreMessage } from "#app/domain/moderation/messages.ts";
import { chatDone, chatRefusal, onlyPost, requireChatId, requireChatStream } from "#app/http/chat.ts";

export const loader = onlyPost;

/** Takes a deletion back, within its ten seconds. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const messageId = requireChatId(args, args.params.message);
  const restored = await restoreMessage(args.context, { streamId, messageId, actorId: viewer.userId });
  return restored.ok ? chatDone(args) : chatRefusal(args.request, restored);
}
