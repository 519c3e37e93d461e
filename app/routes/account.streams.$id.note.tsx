import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "../components/bidi.tsx";
import { Breadcrumbs } from "../components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "../components/button.tsx";
import { FormError } from "../components/form-error.tsx";
import { Narrow } from "../components/layouts.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { findNote, noteForm, saveNote } from "../domain/streams/note.ts";
import { isOpen } from "../domain/streams/schedule.ts";
import { takeDraft } from "../http/drafts.ts";
import { listProblems, readForm, refuse, typedText } from "../http/forms.ts";
import { requireStreamOfTeam } from "../http/stream-of-team.ts";
import { NoteField } from "../live/studio/note-field.tsx";

export const meta: MetaFunction = ({ error }) => pageTitle("Note to those who wait", error);

const pageOf = (id: string | undefined) => `/account/streams/${id}/note`;

export async function loader(args: LoaderFunctionArgs) {
  const { stream } = await requireStreamOfTeam(args, { least: "host" });
  const [note, draft] = await Promise.all([findNote(args.context.db, stream.id), takeDraft(args)]);
  return {
    id: stream.id,
    title: stream.title,
    note: typedText(draft, "note") ?? note ?? "",
    open: isOpen(stream.status),
    saved: new URL(args.request.url).searchParams.has("saved"),
    streams: `/account/streams?space=${stream.spaceSlug}`,
  };
}

/** Saves the note. The studio's script stays where it is and is told; a form leads back to this page. */
export async function action(args: ActionFunctionArgs) {
  const { request, params, context } = args;
  const { db, log, requestId } = context;
  const { viewer, stream } = await requireStreamOfTeam(args, { least: "host", back: pageOf(params.id) });
  const form = await readForm(request, noteForm);
  if (!form.ok) return refuse(form);
  const by = { streamId: stream.id, userId: viewer.userId };
  const saved = await saveNote(db, { ...by, note: form.value.note });
  if (!saved.ok && saved.reason === "closed")
    return data({ problems: { note: [tooLate] }, typed: form.typed }, { status: 409 });
  if (!saved.ok) throw data({ message: "You cannot write this note. Nothing was changed." }, { status: 403 });
  if (saved.changed) log.info({ event: "stream.note_saved", requestId, ...by }, "a note was saved");
  const fromStudio = new URL(request.url).searchParams.has("studio");
  return fromStudio ? { saved: true } : redirect(`${pageOf(stream.id)}?saved`, 303);
}

const tooLate = "Nobody waits for this stream any more, so nothing was changed.";

export default function Note() {
  const { id, title, note, open, saved, streams } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const refused = answer && "problems" in answer ? answer : undefined;
  const studio = `/account/streams/${id}`;
  return (
    <Narrow>
      <PageHeader
        title="Note to those who wait"
        above={
          <Breadcrumbs
            items={[
              { to: streams, label: "Streams" },
              { to: studio, label: title },
            ]}
          />
        }
      />
      {!open && !refused ? (
        <Notice title="Nobody waits for this stream any more">
          <p>
            A note stands on the page of <Bidi>{title}</Bidi> only until it goes live.
          </p>
        </Notice>
      ) : (
        <Form method="post" className="form">
          <FormError problems={listProblems(refused?.problems)} />
          {saved && !refused && (
            <Notice role="status">Saved. Everybody who waits sees it, without loading the page again.</Notice>
          )}
          <NoteField note={typedText(refused?.typed, "note") ?? note} error={refused?.problems.note} />
          <p className="row">
            <SubmitButton kind="go" pending="Saving…">
              Save the note
            </SubmitButton>
          </p>
        </Form>
      )}
      <ButtonLink to={studio}>Open its studio</ButtonLink>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "../components/failure.tsx";
