import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { mintViewerTicket } from "#app/domain/participants/tickets.ts";
import { findStreamIdAt } from "#app/domain/streams/watched.ts";
import { readForm } from "#app/http/forms.ts";
import { takeTurn } from "#app/http/turns.ts";

const schema = z.object({ tab: z.string().regex(/^[\w-]{8,64}$/, "This is no tab of ours.") });

/** A viewer's ticket to the live room, for the page's script: JSON, also when it is refused. */
export async function action({ params, request, context }: ActionFunctionArgs) {
  const { space = "", experience = "", stream = "" } = params;
  const viewer = await context.viewer();
  if (!viewer) return answer({ ok: false, reason: "signed_out" }, 401);
  const tooFast = await takeTurn("ticket.session", viewer.sessionId);
  if (tooFast) return answer(tooFast, 429, { "Retry-After": String(tooFast.waitSeconds) });
  const form = await readForm(request, schema);
  if (!form.ok) return answer({ ok: false, reason: "no_tab" }, 400);
  const { db, livekit, config } = context;
  const streamId = await findStreamIdAt(db, { space, experience, stream });
  const { userId, sessionId } = viewer;
  const { sessionSecrets, roomCeiling } = config;
  const mint = { ...livekit, sessionSecrets, roomCeiling };
  const { tab } = form.value;
  const ticket = streamId && (await mintViewerTicket(db, mint, { streamId, userId, sessionId, tab }));
  if (!ticket) return answer({ ok: false, reason: "gone" }, 404);
  if (ticket.ok) return answer(ticket, 200);
  return answer(ticket, ticket.reason === "no_access" ? 403 : 409);
}

/** A ticket is made by a post only, so that nothing that looks ahead makes one. */
export function loader() {
  return answer({ ok: false, reason: "post" }, 405);
}

const answer = (body: object, status: number, headers?: Record<string, string>) =>
  Response.json(body, { status, headers });
