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
import { mostChapters, readChapterList } from "#app/domain/recordings/chapter-list.ts";
import { chaptersThatPlay, listChapters, saveChapters, versionOf } from "#app/domain/recordings/chapters.ts";
import { writeTime } from "#app/domain/recordings/typed-time.ts";
import type { OwnRecording } from "#app/domain/recordings/own.ts";
import type { Db } from "#db/client.ts";
import { takeDraft } from "#app/http/drafts.ts";
import {
  formIncomplete,
  listProblems,
  problem,
  problemsOf,
  refuse,
  requireTyped,
  typedRows,
  typedText,
  withSpareRows,
} from "#app/http/forms.ts";
import { recordingGone, requireFinishedRecording } from "#app/http/recording-of-team.ts";
import { ChapterFields } from "#app/live/replay/chapter-form.tsx";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Chapters", error);

const fieldNames = ["at", "title"] as const;
/** So many lines are empty, for more chapters; a saved form has as many again. */
const spareLines = { spare: 5, most: mostChapters };

export async function loader(args: LoaderFunctionArgs) {
  const { stream, recording, page } = await requireFinishedRecording(args, { least: "host" });
  const [chapters, draft] = await Promise.all([listPlaying(args.context.db, recording), takeDraft(args)]);
  const saved = chapters.map(({ atMs, title }) => ({ at: writeTime(atMs), title }));
  return {
    page,
    title: stream.title,
    playlist: `/media/${stream.id}/${recording.id}/index.m3u8`,
    lines: withSpareRows(draft ? typedRows(draft, fieldNames) : saved, fieldNames, spareLines),
    version: typedText(draft ?? undefined, "version") ?? versionOf(chapters, recording.editNumber),
  };
}

async function listPlaying(db: Db, { id, edit, durationMs }: OwnRecording) {
  return chaptersThatPlay(await listChapters(db, id), edit?.kept ?? null, edit?.durationMs ?? durationMs);
}

export async function action(args: ActionFunctionArgs) {
  const { recording, page } = await requireFinishedRecording(args, { least: "host" });
  const typed = await requireTyped(args.request);
  const version = typedText(typed, "version");
  if (!version) return refuse(problem("", formIncomplete, typed));
  const { db } = args.context;
  const durationMs = recording.edit?.durationMs ?? recording.durationMs;
  const list = readChapterList(typedRows(typed, fieldNames), durationMs, await listPlaying(db, recording));
  if (!list.ok) return refuse(problemsOf(list.problems, typed));
  const change = { recordingId: recording.id, seen: version, chapters: list.chapters };
  const saved = await saveChapters(db, change);
  if (saved.ok) return redirect(`${page}?chapters`, 303);
  if (saved.reason === "gone") throw recordingGone();
  const sentence =
    "Somebody of your team has changed the chapters, or what is cut, while you were at it. What you typed is still here, and not saved. Open this page anew to see what there is now.";
  return refuse(problem("", sentence, typed), 409);
}

export default function Chapters() {
  const { page, title, playlist, lines, version } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const problems = refused?.problems ?? {};
  // Each where it was typed, however many lines there are by now.
  const shown = refused ? typedRows(refused.typed, fieldNames) : lines;
  return (
    <Narrow>
      <PageHeader
        title="Chapters"
        above={<Breadcrumbs items={[{ to: page, label: title }]} />}
        lead="Where something begins, for who wants to go there at once. They stand beside the replay."
      />
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(problems).filter(({ name }) => name !== "")}>
          {problems[""]?.[0]}
        </FormError>
        <input type="hidden" name="version" value={typedText(refused?.typed, "version") ?? version} />
        <ChapterFields
          playlist={playlist}
          label={`Recording of ${title}`}
          lines={shown}
          problems={problems}
        />
        <p className="measure small">
          Write times like 1:02:03, or in seconds, as the replay counts them now. An empty line is no chapter.
          When you cut the recording, chapters stay with what they name.
        </p>
        <div className="row">
          <SubmitButton kind="go" pending="Saving…">
            Save the chapters
          </SubmitButton>
          <ButtonLink kind="quiet" to={page}>
            Keep them as they are
          </ButtonLink>
        </div>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
