import type { LoaderFunctionArgs } from "@remix-run/node";
import { findAccess } from "#app/domain/access/decision.ts";
import { listMessages, listPinnedMessages } from "#app/domain/chat/messages.ts";
import { findSilence } from "#app/domain/chat/silences.ts";
import { chatRefusal, readPlace, requireChatStream } from "#app/http/chat.ts";

/**
 * What was said, from our rows: the newest, those `?before=` a number, or the first ones `?after=` one, which is how a
 * page fills what it missed. With the newest come the pinned ones, and the asking person's time-out.
 */
export async function loader(args: LoaderFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const { db } = args.context;
  const { userId } = viewer;
  const access = await findAccess(db, { streamId, userId });
  if (!access?.mayChat)
    return chatRefusal(args.request, {
      reason: "no_access",
      message: "You have no access to this stream's chat.",
    });
  const [after, before] = [readPlace(args.request, "after"), readPlace(args.request, "before")];
  const { messages, more } = await listMessages(db, { streamId, userId, after, before });
  if (after !== undefined || before !== undefined) return Response.json({ messages, more });
  const [pinned, silence] = await Promise.all([
    listPinnedMessages(db, { streamId, userId }),
    findSilence(db, { streamId, userId }),
  ]);
  return Response.json({
    messages,
    more,
    pinned,
    silence: silence ? { until: silence.until.toISOString(), reason: silence.reason } : null,
  });
}
