import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { restoreRecording } from "#app/domain/recordings/withholding.ts";
import { backToRecording, requireRecording } from "#app/http/recording-of-team.ts";

export const loader = backToRecording;

/** Takes a deletion back, while it can be. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, recording, page } = await requireRecording(args, { least: "host", onlyForm: true });
  const { db, queue, log, requestId } = args.context;
  const by = { recordingId: recording.id, userId: viewer.userId };
  if (!(await restoreRecording(db, queue, by))) return redirect(page, 303);
  log.info({ event: "recording.restored", requestId, ...by }, "a recording was restored");
  return redirect(`${page}?restored`, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
