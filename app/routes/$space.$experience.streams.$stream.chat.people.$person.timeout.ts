import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { liftTimeout, timeOut } from "#app/domain/moderation/people.ts";
import {
  chatDone,
  chatRefusal,
  onlyPost,
  reasonField,
  requireChatForm,
  requireChatId,
  requireChatStream,
} from "#app/http/chat.ts";

const schema = z.object({
  minutes: z.coerce.number("Write how many minutes, as a number."),
  reason: reasonField,
});

export const loader = onlyPost;

/** Keeps a person from writing for some minutes; 0 lifts it. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const targetId = requireChatId(args, args.params.person);
  const { minutes, reason } = await requireChatForm(args.request, schema);
  const act = { streamId, targetId, actorId: viewer.userId, reason };
  if (minutes === 0) {
    const lifted = await liftTimeout(args.context, act);
    return lifted.ok ? chatDone(args, { until: null }) : chatRefusal(args.request, lifted);
  }
  const done = await timeOut(args.context, { ...act, minutes });
  if (!done.ok) return chatRefusal(args.request, { ...done, field: "minutes" });
  return chatDone(args, { until: done.until.toISOString() });
}
