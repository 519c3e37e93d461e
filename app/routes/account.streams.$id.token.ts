import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { mintHostToken } from "#app/domain/streams/host-participants.ts";
import {
  backToStudio,
  readStreamForm,
  refuseHost,
  requireStreamForm,
  tabName,
} from "#app/http/stream-form.ts";

export const loader = backToStudio;

/** What this tab joins the room with, if it is the one that broadcasts. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireStreamForm(args);
  const { request, context } = args;
  const { tab } = await readStreamForm(request, z.object({ tab: tabName }));
  const { userId, sessionId } = viewer;
  const minted = await mintHostToken(context, { streamId, userId, sessionId, tab });
  if (minted.ok) return Response.json({ token: minted.token, url: minted.url });
  return refuseHost(minted);
}
