import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { banPerson, liftBan } from "#app/domain/moderation/people.ts";
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
  scope: z.enum(["stream", "space"]),
  /** Without a number it is for good. */
  days: z.coerce.number("Write how many days, as a number.").optional(),
  lift: z.literal("1").optional(),
  reason: reasonField,
});

export const loader = onlyPost;

/** Bans a person from this stream or the whole space, or lifts that. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const targetId = requireChatId(args, args.params.person);
  const { scope, days, lift, reason } = await requireChatForm(args.request, schema);
  const act = { streamId, targetId, actorId: viewer.userId, scope, reason };
  if (lift) {
    const lifted = await liftBan(args.context, act);
    return lifted.ok ? chatDone(args) : chatRefusal(args.request, lifted);
  }
  const done = await banPerson(args.context, { ...act, days: days ?? null });
  if (!done.ok) return chatRefusal(args.request, { ...done, field: "days" });
  return chatDone(args, { until: done.until?.toISOString() ?? null });
}
