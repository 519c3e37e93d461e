import { type ActionFunctionArgs, data, redirect } from "@remix-run/node";
import { z } from "zod";
import { hostRefusalWords } from "#app/domain/streams/host-words.ts";
import { startRehearsal, stopRehearsal } from "#app/domain/streams/rehearsal.ts";
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

export const loader = backToStudio;

export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireStreamForm(args);
  const { request, context } = args;
  if (await isDelete(request)) {
    const stopped = await stopRehearsal(context.db, context.queue, { streamId, userId: viewer.userId });
    if (!stopped.ok && stopped.reason === "not_found") throw noStream();
    if (!stopped.ok && stopped.reason === "not_host") {
      throw data({ message: hostRefusalWords({ ok: false, reason: "not_host" }).message }, { status: 403 });
    }
    return redirect(studioPath(streamId), 303);
  }
  const { tab } = await readStreamForm(request, z.object({ tab: tabName }));
  const started = await startRehearsal(context.db, context, {
    streamId,
    userId: viewer.userId,
    sessionId: viewer.sessionId,
    tab,
    graceSeconds: context.config.hostGraceSeconds,
  });
  if (started.ok) return Response.json({ ok: true });
  return refuseHost(started);
}
