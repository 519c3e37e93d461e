import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { z } from "zod";
import { undoEdit } from "#app/domain/recordings/edits.ts";
import { readForm } from "#app/http/forms.ts";
import { backToRecording, requireFinishedRecording } from "#app/http/recording-of-team.ts";

export const loader = backToRecording;

const reversalForm = z.object({ version: z.string().regex(/^\d{1,6}$/) });

/** Undoes the edit that was seen; where another one plays by now, that stays. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, recording, page } = await requireFinishedRecording(args, { least: "host", onlyForm: true });
  const { db, queue, log, requestId } = args.context;
  const form = await readForm(args.request, reversalForm);
  const by = { recordingId: recording.id, seen: form.ok ? Number(form.value.version) : 0 };
  const undone = await undoEdit(db, queue, by);
  if (!undone) return redirect(`${page}?not_undone`, 303);
  log.info(
    { event: "recording.edit_undone", requestId, userId: viewer.userId, recordingId: recording.id },
    "an edit was undone",
  );
  return redirect(`${page}?undone`, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
