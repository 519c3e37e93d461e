import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import {
  chatDone,
  chatRefusal,
  onlyPost,
  requireChatForm,
  requireChatStream,
  takeMessage,
} from "#app/http/chat.ts";

const schema = z.object({
  id: z.uuid("This message has no id."),
  text: z.string().default(""),
  replyTo: z.uuid("There is no such message.").optional(),
});

export const loader = onlyPost;

/** Takes a message from the page's script. Without one, the form beside it does the same (`chat.write`). */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const { id, text, replyTo } = await requireChatForm(args.request, schema);
  const said = await takeMessage(args.context, { streamId, userId: viewer.userId, id, text, replyTo });
  if (!said.ok) return chatRefusal(args.request, { ...said, field: "text" });
  return chatDone(args, { message: said.message }, said.isNew ? 201 : 200);
}
