import { type AppLoadContext, redirect } from "@remix-run/node";
import { findOwnRecording, type OwnRecording } from "#app/domain/recordings/own.ts";
import type { SpaceRole } from "#db/types.ts";
import { absent } from "./absent.ts";
import { requireStreamOfTeam } from "./stream-of-team.ts";

type Args = { request: Request; context: AppLoadContext; params: { id?: string } };
type Wanted = {
  least: SpaceRole;
  /** An address that only takes forms: a sign-in leads to the recording's page. */
  onlyForm?: boolean;
};

/**
 * The signed-in person and the recording of a stream of a team in which they are at least `least`, with the address of its
 * page. Thrown as `requireStreamOfTeam`, and where nothing was recorded a redirect to the stream, which says so.
 */
export async function requireRecording(args: Args, { least, onlyForm = false }: Wanted) {
  const back = onlyForm ? recordingPage(args.params.id) : undefined;
  const { viewer, stream } = await requireStreamOfTeam(args, { least, back });
  const recording = await findOwnRecording(args.context.db, { streamId: stream.id });
  if (!recording) throw redirect(`/account/streams/${stream.id}`, 303);
  return { viewer, stream, recording, page: recordingPage(stream.id) };
}

/** The same where it is finished and not deleted: there is nothing to change about any other. */
export async function requireFinishedRecording(args: Args, wanted: Wanted) {
  const found = await requireRecording(args, wanted);
  if (!isFinished(found.recording)) throw redirect(found.page, 303);
  return found;
}

export const isFinished = ({ status, deletedAt }: OwnRecording) => status === "ready" && !deletedAt;

export const recordingPage = (streamId: string | undefined) => `/account/streams/${streamId}/recording`;

/** For addresses of forms that stand on the recording's page: whoever opens one lands there. */
export const backToRecording = ({ params }: { params: { id?: string } }) =>
  redirect(recordingPage(params.id));

/** What is thrown at who changes a recording that somebody has deleted since they opened it. */
export const recordingGone = () => absent("This recording was deleted meanwhile. Nothing was changed.", 410);
