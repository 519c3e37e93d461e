import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { retryExports } from "#app/domain/recordings/remake.ts";
import { backToRecording, requireFinishedRecording } from "#app/http/recording-of-team.ts";

export const loader = backToRecording;

/** Has the files made again that could not be made. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, recording, page } = await requireFinishedRecording(args, { least: "host", onlyForm: true });
  const { db, queue, log, requestId } = args.context;
  const by = { recordingId: recording.id, userId: viewer.userId };
  if (await retryExports(db, queue, by))
    log.info(
      { event: "recording.exports_retried", requestId, ...by },
      "exports of a recording are made again",
    );
  return redirect(page, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
