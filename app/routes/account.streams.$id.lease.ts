import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { resumeHosting } from "#app/domain/streams/broadcast.ts";
import {
  backToStudio,
  readStreamForm,
  refuseHost,
  requireStreamForm,
  tabName,
} from "#app/http/stream-form.ts";

export const loader = backToStudio;

/** Takes the broadcast of a running stream to this tab. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireStreamForm(args);
  const { request, context } = args;
  const form = await readStreamForm(request, z.object({ tab: tabName, take_over: z.enum(["yes", "no"]) }));
  const claim = { streamId, userId: viewer.userId, sessionId: viewer.sessionId, tab: form.tab };
  const taken = await resumeHosting(context.db, context, claim, { takeOver: form.take_over === "yes" });
  if (taken.ok) return Response.json({ ok: true });
  return refuseHost(taken);
}
