import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { toEdited } from "#app/domain/recordings/edited-time.ts";
import { choosePoster } from "#app/domain/recordings/poster-choice.ts";
import { readTime, writeTime } from "#app/domain/recordings/typed-time.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { formIncomplete, listProblems, problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { recordingGone, requireFinishedRecording } from "#app/http/recording-of-team.ts";
import { PictureField } from "#app/live/replay/picture-field.tsx";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("The picture of it", error);

export async function loader(args: LoaderFunctionArgs) {
  const { stream, recording, page } = await requireFinishedRecording(args, { least: "host" });
  const { posterMs, edit } = recording;
  const draft = await takeDraft(args);
  const saved = posterMs === null ? "" : writeTime(toEdited(edit?.kept ?? null, posterMs));
  return {
    page,
    title: stream.title,
    playlist: `/media/${stream.id}/${recording.id}/index.m3u8`,
    at: typedText(draft ?? undefined, "at") ?? saved,
    version: typedText(draft ?? undefined, "version") ?? String(recording.editNumber),
  };
}

const pictureForm = z.object({
  at: z.string().default(""),
  version: z.string(formIncomplete).regex(/^\d{1,6}$/, formIncomplete),
});

export async function action(args: ActionFunctionArgs) {
  const { recording, page } = await requireFinishedRecording(args, { least: "host" });
  const form = await readForm(args.request, pictureForm);
  if (!form.ok) return refuse(form);
  const durationMs = recording.edit?.durationMs ?? recording.durationMs;
  const empty = form.value.at.trim() === "";
  const time = empty ? null : readTime(form.value.at, durationMs);
  if (time && !time.ok) return refuse(problem("at", time.sentence, form.typed));
  const { db, queue } = args.context;
  const seen = Number(form.value.version);
  const chosen = await choosePoster(db, queue, { recordingId: recording.id, seen, atMs: time?.ms ?? null });
  if (chosen.ok) return redirect(`${page}?picture`, 303);
  if (chosen.reason === "gone") throw recordingGone();
  const sentence =
    "Somebody of your team has cut this recording while you were at it, so that this time is another place now. What you typed is still here, and nothing was taken. Open this page anew to see theirs.";
  return refuse(problem("", sentence, form.typed), 409);
}

export default function Picture() {
  const { page, title, playlist, at, version } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  return (
    <Narrow>
      <PageHeader
        title="The picture of it"
        above={<Breadcrumbs items={[{ to: page, label: title }]} />}
        lead="What people see of the recording before it plays."
      />
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems).filter(({ name }) => name === "at")}>
          {(refused?.problems[""] ?? refused?.problems.version)?.[0]}
        </FormError>
        <input type="hidden" name="version" value={typedText(refused?.typed, "version") ?? version} />
        <PictureField
          playlist={playlist}
          label={`Recording of ${title}`}
          error={refused?.problems.at}
          defaultValue={typedText(refused?.typed, "at") ?? at}
        />
        <div className="row">
          <SubmitButton kind="go" pending="Taking it…">
            Take this picture
          </SubmitButton>
          <ButtonLink kind="quiet" to={page}>
            Keep the one there is
          </ButtonLink>
        </div>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
