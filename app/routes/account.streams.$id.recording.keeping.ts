import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { z } from "zod";
import { setKept } from "#app/domain/recordings/withholding.ts";
import { readForm } from "#app/http/forms.ts";
import { backToRecording, requireFinishedRecording } from "#app/http/recording-of-team.ts";

export const loader = backToRecording;

const keepingForm = z.object({ kept: z.enum(["yes", "no"]) });

/** Keeps a recording that the rule of its space would delete, or has the rule be for it again. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, recording, page } = await requireFinishedRecording(args, { least: "host", onlyForm: true });
  const form = await readForm(args.request, keepingForm);
  if (!form.ok) return redirect(page, 303);
  const kept = form.value.kept === "yes";
  const { db, log, requestId } = args.context;
  const by = { recordingId: recording.id, userId: viewer.userId };
  const changed = await setKept(db, { recordingId: recording.id, kept });
  const event = kept ? "recording.kept" : "recording.not_kept";
  if (changed)
    log.info(
      { event, requestId, ...by },
      "the rule of a space was taken from a recording, or is for it again",
    );
  return redirect(`${page}?${kept ? "kept" : "not_kept"}`, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
