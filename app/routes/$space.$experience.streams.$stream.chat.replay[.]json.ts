import type { LoaderFunctionArgs } from "@remix-run/node";
import { findAccess } from "#app/domain/access/decision.ts";
import { findReplayedMessages } from "#app/domain/chat/replayed.ts";
import { chatRefusal, readReplayPage, requireChatStream } from "#app/http/chat.ts";

/** What was said, in step with the replay: around `?at=` ms of the recording, or next to a number, `?after=` or `?before=` it. */
export async function loader(args: LoaderFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const { db } = args.context;
  const { userId } = viewer;
  const access = await findAccess(db, { streamId, userId });
  if (!access?.mayWatch)
    return chatRefusal(args.request, { reason: "no_access", message: "You may not watch this replay." });
  const found = await findReplayedMessages(db, { streamId, userId }, readReplayPage(args.request));
  if (!found) return chatRefusal(args.request, { reason: "gone", message: "There is no replay." });
  return Response.json(found);
}
