import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { deliverReaction } from "#app/domain/chat/delivery.ts";
import { react } from "#app/domain/chat/reactions.ts";
import {
  chatDone,
  chatRefusal,
  onlyPost,
  requireChatForm,
  requireChatId,
  requireChatStream,
} from "#app/http/chat.ts";
import { takeTurn } from "#app/http/turns.ts";

const schema = z.object({ kind: z.string().max(20), on: z.enum(["0", "1"]) });

export const loader = onlyPost;

/** Gives a reaction, or takes it back (`on` 0). */
export async function action(args: ActionFunctionArgs) {
  const { context, request } = args;
  const { viewer, streamId } = await requireChatStream(args);
  const messageId = requireChatId(args, args.params.message);
  const { kind, on } = await requireChatForm(request, schema);
  const { userId } = viewer;
  const tooFast = await takeTurn("reaction.person", userId);
  if (tooFast) return chatRefusal(request, tooFast);
  const done = await react(context.db, { streamId, messageId, userId, kind, given: on === "1" });
  if (!done.ok) return chatRefusal(request, done);
  if (done.changed) {
    deliverReaction(context, { messageId, userId, kind }).catch((error: unknown) =>
      context.log.error({ err: error, messageId }, "a reaction could not be sent on"),
    );
  }
  return chatDone(args);
}
