import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { setChat } from "#app/domain/moderation/chat.ts";
import { chatDone, chatRefusal, onlyPost, requireChatForm, requireChatStream } from "#app/http/chat.ts";

const yesNo = z
  .enum(["0", "1"])
  .transform((value) => value === "1")
  .optional();
const schema = z.object({
  slowModeSeconds: z.coerce.number("Write how many seconds, as a number.").optional(),
  frozen: yesNo,
  linksAllowed: yesNo,
});

export const loader = onlyPost;

/** Slow mode, freezing, links: what is not sent stays as it is. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const settings = await requireChatForm(args.request, schema);
  const done = await setChat(args.context, { streamId, actorId: viewer.userId, settings });
  if (!done.ok) return chatRefusal(args.request, { ...done, field: "slowModeSeconds" });
  return chatDone(args);
}
