import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { editListOf, mostCuts, readEditList, type TypedEdit } from "#app/domain/recordings/edit-list.ts";
import { saveEdit } from "#app/domain/recordings/edits.ts";
import { writeTime } from "#app/domain/recordings/typed-time.ts";
import { takeDraft } from "#app/http/drafts.ts";
import {
  formIncomplete,
  listProblems,
  problem,
  problemsOf,
  refuse,
  requireTyped,
  type Typed,
  typedRows,
  typedText,
  withSpareRows,
} from "#app/http/forms.ts";
import { recordingGone, requireFinishedRecording } from "#app/http/recording-of-team.ts";
import { EditFields } from "#app/live/replay/edit-form.tsx";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Cut the recording", error);

/** So many lines are empty, for more cuts; a saved form has as many again. */
const spareCuts = { spare: 3, most: mostCuts };
const cutFields = ["from", "to"] as const;

export async function loader(args: LoaderFunctionArgs) {
  const { stream, recording, page } = await requireFinishedRecording(args, { least: "host" });
  const draft = await takeDraft(args);
  const { startMs, endMs, cuts } = editListOf(recording.edit?.kept ?? null, recording.durationMs);
  const saved = {
    start: writeTime(startMs),
    end: writeTime(endMs),
    cuts: cuts.map(({ fromMs, toMs }) => ({ from: writeTime(fromMs), to: writeTime(toMs) })),
  };
  return {
    page,
    title: stream.title,
    length: writeTime(recording.durationMs),
    playlist: `/media/${stream.id}/${recording.id}/recorded.m3u8`,
    fields: withSpare(draft ? typedEdit(draft) : saved),
    version: typedText(draft ?? undefined, "version") ?? String(recording.editNumber),
  };
}

export async function action(args: ActionFunctionArgs) {
  const { viewer, recording, page } = await requireFinishedRecording(args, { least: "host" });
  const typed = await requireTyped(args.request);
  const fields = typedEdit(typed);
  const version = typedText(typed, "version") ?? "";
  if (!/^\d{1,6}$/.test(version)) return refuse(problem("", formIncomplete, typed));
  const list = readEditList(fields, recording.durationMs);
  if (!list.ok) return refuse(problemsOf(list.problems, typed));
  const { db, queue, log, requestId } = args.context;
  const by = { recordingId: recording.id, userId: viewer.userId };
  const saved = await saveEdit(db, queue, { ...by, seen: Number(version), edit: list.edit });
  if (saved.ok) {
    if (saved.changed) log.info({ event: "recording.edited", requestId, ...by }, "a recording was edited");
    return redirect(`${page}?${saved.changed ? "edited" : "same"}`, 303);
  }
  switch (saved.reason) {
    case "nothing_left": {
      const field = list.edit.cuts.length > 0 ? firstCut(fields) : "end";
      return refuse(problem(field, "This would leave nothing of the recording. Keep some seconds.", typed));
    }
    case "idle": {
      const at = `${writeTime(saved.cut.fromMs)} to ${writeTime(saved.cut.toMs)}`;
      const sentence = `From ${at} is too short to be cut out: cuts go from key frame to key frame, about 2 seconds.`;
      return refuse(problem(fieldOf(fields, saved.cut, recording.durationMs), sentence, typed));
    }
    case "changed_before":
      return refuse(
        problem(
          "",
          "Somebody of your team has cut this recording while you were at it. What you typed is still here, and not saved. Open this page anew to see theirs.",
          typed,
        ),
        409,
      );
    case "gone":
      throw recordingGone();
  }
}

function typedEdit(typed: Typed): TypedEdit {
  const text = (name: string) => typedText(typed, name) ?? "";
  return { start: text("start"), end: text("end"), cuts: typedRows(typed, cutFields) };
}

const withSpare = ({ cuts, ...ends }: TypedEdit): TypedEdit => ({
  ...ends,
  cuts: withSpareRows(cuts, cutFields, spareCuts),
});

const firstCut = ({ cuts }: TypedEdit) => `from${cuts.findIndex(({ from }) => from.trim() !== "")}`;

function fieldOf(fields: TypedEdit, cut: { fromMs: number; toMs: number }, durationMs: number): string {
  const index = fields.cuts.findIndex((typed) => {
    const alone = readEditList({ start: "", end: "", cuts: [typed] }, durationMs);
    const [read] = alone.ok ? alone.edit.cuts : [];
    return read?.fromMs === cut.fromMs && read.toMs === cut.toMs;
  });
  return `to${index}`;
}

export default function EditRecording() {
  const { page, title, length, playlist, fields, version } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const problems = refused?.problems ?? {};
  // Each where it was typed, however many lines there are by now.
  const shown = refused ? typedEdit(refused.typed) : fields;
  return (
    <Narrow>
      <PageHeader
        title="Cut the recording"
        above={<Breadcrumbs items={[{ to: page, label: title }]} />}
        lead={`It was recorded for ${length}. Take something off its ends, or cut out what does not belong there.`}
      />
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(problems).filter(({ name }) => name !== "")}>
          {problems[""]?.[0]}
        </FormError>
        <input type="hidden" name="version" value={typedText(refused?.typed, "version") ?? version} />
        <EditFields
          {...shown}
          playlist={playlist}
          label={`All that was recorded of ${title}`}
          problems={problems}
        />
        <p className="measure small">
          Write times like 1:02:03, or in seconds. Each cut moves to the key frame nearest to it, which is a
          second away at most. Nothing is thrown away: the replay leaves out what you cut at once, and you can
          undo it whenever you like. The MP4 is made anew.
        </p>
        <div className="row">
          <SubmitButton kind="go" pending="Cutting…">
            Save this cut
          </SubmitButton>
          <ButtonLink kind="quiet" to={page}>
            Keep it as it is
          </ButtonLink>
        </div>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
