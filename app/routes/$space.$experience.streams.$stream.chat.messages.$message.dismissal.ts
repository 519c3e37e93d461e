import type { ActionFunctionArgs } from "@remix-run/node";
import { dismissReports } from "#app/domain/moderation/reports.ts";
import { chatDone, chatRefusal, onlyPost, requireChatId, requireChatStream } from "#app/http/chat.ts";

export const loader = onlyPost;

/** Settles the reports about a message: it stays. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const messageId = requireChatId(args, args.params.message);
  const done = await dismissReports(args.context, { streamId, messageId, actorId: viewer.userId });
  return done.ok ? chatDone(args) : chatRefusal(args.request, done);
}
