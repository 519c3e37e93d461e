import type { ActionFunctionArgs } from "@remix-run/node";
import { admitToChat } from "#app/domain/chat/admission.ts";
import { takeTurn } from "#app/http/turns.ts";
import { chatRefusal, onlyPost, requireChatStream } from "#app/http/chat.ts";

export const loader = onlyPost;

/** What a page needs to read the stream's channel at the chat service: JSON, also when it is refused. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const tooFast = await takeTurn("chat-pass.person", viewer.userId);
  if (tooFast) return chatRefusal(args.request, tooFast);
  const pass = await admitToChat(args.context, { streamId, userId: viewer.userId });
  if (!pass) return Response.json({ ok: false, reason: "gone" }, { status: 404 });
  if (pass.ok) return Response.json(pass);
  const status = { no_access: 403, not_open: 409, away: 503 }[pass.reason];
  return Response.json(pass, { status });
}
