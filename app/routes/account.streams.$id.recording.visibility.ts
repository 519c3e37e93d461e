import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { z } from "zod";
import { setHidden } from "#app/domain/recordings/withholding.ts";
import { readForm } from "#app/http/forms.ts";
import { backToRecording, requireFinishedRecording } from "#app/http/recording-of-team.ts";

export const loader = backToRecording;

const visibilityForm = z.object({ hidden: z.enum(["yes", "no"]) });

/** Hides a recording from viewers or shows it again. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, recording, page } = await requireFinishedRecording(args, { least: "host", onlyForm: true });
  const form = await readForm(args.request, visibilityForm);
  if (!form.ok) return redirect(page, 303);
  const hidden = form.value.hidden === "yes";
  const { db, log, requestId } = args.context;
  const by = { recordingId: recording.id, userId: viewer.userId };
  const changed = await setHidden(db, { ...by, hidden });
  const event = hidden ? "recording.hidden" : "recording.shown";
  if (changed) log.info({ event, requestId, ...by }, "a recording was hidden or shown");
  return redirect(`${page}?${hidden ? "hidden" : "shown"}`, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
