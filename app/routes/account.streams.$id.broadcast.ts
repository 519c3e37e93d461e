import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { z } from "zod";
import { endStream, goLive } from "#app/domain/streams/broadcast.ts";
import { isDelete } from "#app/http/forms.ts";
import {
  backToStudio,
  noStream,
  readStreamForm,
  refuseHost,
  requireStreamForm,
  studioPath,
  tabName,
} from "#app/http/stream-form.ts";

const press = z.object({ tab: tabName, live_key: z.uuid(), record: z.enum(["yes", "no"]) });

export const loader = backToStudio;

/** A broadcast is created by going live, and deleted by ending it. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireStreamForm(args);
  const { request, context } = args;
  if (await isDelete(request)) {
    const ending = await endStream(context.db, context.queue, { streamId, userId: viewer.userId });
    if (!ending.ok && ending.reason === "not_found") throw noStream();
    if (ending.ok && !ending.already) context.log.info({ streamId, userId: viewer.userId }, "stream ended");
    return redirect(studioPath(streamId), 303);
  }
  const form = await readStreamForm(request, press);
  const record = form.record === "yes";
  if (record && (await context.egress.canRecord()) === "no") {
    const message =
      "No recorder is free right now. Nothing was changed: wait a moment and press again, or go live without a recording.";
    return Response.json({ ok: false, reason: "no_recorder", message }, { status: 409 });
  }
  const went = await goLive(context.db, context, {
    streamId,
    userId: viewer.userId,
    sessionId: viewer.sessionId,
    tab: form.tab,
    liveKey: form.live_key,
    record,
    graceSeconds: context.config.hostGraceSeconds,
  });
  if (!went.ok) return refuseHost(went);
  if (!went.already) {
    const how = record ? "stream went live" : "stream went live without a recording, by choice";
    context.log.info({ streamId, userId: viewer.userId }, how);
  }
  return Response.json({ ok: true });
}
