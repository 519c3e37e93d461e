import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { deleteCaptions } from "#app/domain/captions/captions.ts";
import { findReplayId } from "#app/domain/recordings/replay.ts";
import { isId } from "#app/domain/text.ts";
import { requireStreamOfTeam } from "#app/http/stream-of-team.ts";

export const loader = ({ params: { id } }: LoaderFunctionArgs) =>
  redirect(isId(id) ? `/account/streams/${id}/captions` : "/account/streams");

/** Takes the captions in one language away; those that are gone already are no mistake. */
export async function action(args: ActionFunctionArgs) {
  const { id, language = "" } = args.params;
  const page = `/account/streams/${id}/captions`;
  const { stream } = await requireStreamOfTeam(args, { least: "host", back: page });
  const { db } = args.context;
  const recordingId = await findReplayId(db, stream.id, { asTeam: true });
  const deleted = recordingId !== undefined && (await deleteCaptions(db, { recordingId, language }));
  return redirect(deleted ? `${page}?removed` : page, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
