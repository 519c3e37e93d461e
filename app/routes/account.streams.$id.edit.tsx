import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "../components/bidi.tsx";
import { Breadcrumbs } from "../components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "../components/button.tsx";
import { Confirm } from "../components/confirm.tsx";
import { Fact, Facts } from "../components/facts.tsx";
import { FormError } from "../components/form-error.tsx";
import { Narrow } from "../components/layouts.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { SavedBefore, type SavedBeforeWords } from "../components/saved-before.tsx";
import { ScheduleForm } from "../components/schedule-form.tsx";
import { formatLength } from "../components/time-format.ts";
import { When } from "../components/when.tsx";
import { editStreamForm } from "../domain/schedule/fields.ts";
import { seriesInWords } from "../domain/schedule/series-words.ts";
import { hasMoved, typeStart } from "../domain/schedule/start.ts";
import { listZones } from "../domain/schedule/zones.ts";
import { streamPath, type TeamStream } from "../domain/streams/find.ts";
import { findNow, isOpen, updateSchedule } from "../domain/streams/schedule.ts";
import { readTimeZone } from "../http/cookies.ts";
import { takeDraft } from "../http/drafts.ts";
import { listProblems, type Problems, type Typed, typedText } from "../http/forms.ts";
import { otherWords } from "../http/saved-words.ts";
import { questionOf, readScheduleForm } from "../http/schedule-form.ts";
import { requireStreamOfTeam } from "../http/stream-of-team.ts";

export const meta: MetaFunction = ({ error }) => pageTitle("Edit stream", error);

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, stream } = await requireStreamOfTeam(args, { least: "host" });
  const [now, draft] = await Promise.all([findNow(args.context.db), takeDraft(args)]);
  const typed: Typed = draft ?? {
    title: stream.title,
    description: stream.description,
    length: formatLength(stream.lengthMinutes),
    chatBefore: stream.chatBefore,
    chatAfter: String(stream.chatAfterMinutes),
    ...typeStart(stream),
  };
  return {
    typed,
    question: questionOf(typed, { now, kept: stream.startsAt }),
    version: typedText(draft, "version") ?? String(stream.editVersion),
    zones: listZones(typedText(typed, "zone")),
    open: isOpen(stream.status),
    status: stream.status,
    id: stream.id,
    title: stream.title,
    startsAt: stream.startsAt.toISOString(),
    timeZone: stream.timeZone,
    // The rules of a zone can change after a time was said in it; the instant was promised, and stays.
    moved: hasMoved(stream),
    series: seriesInWords(stream),
    path: streamPath(stream),
    experienceName: stream.experienceName,
    zone: readTimeZone(args.request, viewer.timeZone),
    streams: `/account/streams?space=${stream.spaceSlug}`,
  };
}

export async function action(args: ActionFunctionArgs) {
  const { viewer, stream } = await requireStreamOfTeam(args, { least: "host" });
  const { db, log, requestId } = args.context;
  const clock = { now: await findNow(db), kept: stream.startsAt };
  const form = await readScheduleForm(args.request, editStreamForm, clock);
  const { typed, question } = form;
  const refuse = (
    problems: Problems,
    more: { status?: number; version?: string; saved?: SavedBeforeWords } = {},
  ) =>
    data(
      { typed, question, problems, version: more.version, saved: more.saved },
      { status: more.status ?? 400 },
    );
  if (!isOpen(stream.status)) return refuse({ "": [closed[stream.status]] }, { status: 409 });
  if (!form.ok) return refuse(form.problems, { version: typedText(typed, "version") });
  const version = Number(form.value.version);
  if (!Number.isSafeInteger(version) || version < 1) {
    const incomplete = "This form was not complete. Look through it and press Save again.";
    return refuse({ "": [incomplete] }, { version: String(stream.editVersion) });
  }

  const { title, description, chatBefore, chatAfter } = form.value;
  const chat = { before: chatBefore, afterMinutes: chatAfter };
  const words = { title, description, plan: form.plan, chat };
  const edit = { ...words, streamId: stream.id, userId: viewer.userId, version };
  const updated = await updateSchedule(db, edit);
  if (updated.ok) {
    const { rescheduled } = updated;
    const event = {
      event: "stream.edited",
      requestId,
      userId: viewer.userId,
      streamId: stream.id,
      rescheduled,
    };
    if (updated.changed) log.info(event, "a stream was edited");
    return redirect(`/account/streams?space=${stream.spaceSlug}&saved=${stream.id}`, 303);
  }
  if (updated.reason === "saved_before") {
    const { saved } = updated;
    return refuse(
      {},
      {
        status: 409,
        version: String(saved.editVersion),
        saved: { by: saved.editedBy, ...otherWords(saved, words) },
      },
    );
  }
  if (updated.reason === "closed") return refuse({ "": [closed[updated.status]] }, { status: 409 });
  throw data({ message: "You cannot edit this stream any more. Nothing was changed." }, { status: 403 });
}

const closed: Record<TeamStream["status"], string> = {
  scheduled: "It changed while you were editing it. Press Save again.",
  rehearsal: "It changed while you were editing it. Press Save again.",
  live: "It is live, so it cannot be edited any more. Nothing was changed.",
  ended: "It has ended, so it cannot be edited any more. Nothing was changed.",
  cancelled: "It was cancelled, so it cannot be edited any more. Nothing was changed.",
};

export default function EditStream() {
  const page = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const problems = refused?.problems;
  const typed = refused?.typed ?? page.typed;
  const header = (
    <PageHeader
      title="Edit stream"
      above={<Breadcrumbs items={[{ to: page.streams, label: "Streams" }]} />}
    />
  );
  if (!page.open && !refused) {
    return (
      <Narrow>
        {header}
        <Notice title={page.title}>{closed[page.status].replace(" Nothing was changed.", "")}</Notice>
        <div className="row">
          <ButtonLink kind="go" to={`/account/streams/${page.id}`}>
            Open its studio
          </ButtonLink>
          <ButtonLink to={`/account/streams/${page.id}/duplicate`}>Duplicate</ButtonLink>
        </div>
      </Narrow>
    );
  }
  return (
    <Narrow>
      {header}
      <FormError problems={listProblems(problems).filter(({ name }) => name !== "")}>
        {refused?.saved ? (
          <>
            <Bidi>{refused.saved.by ?? "Somebody of your team"}</Bidi> saved this stream while you were
            editing it. What you typed is still here, and not saved yet.
          </>
        ) : (
          problems?.[""]?.[0]
        )}
      </FormError>
      {refused?.saved && <SavedBefore saved={refused.saved} zone={page.zone} />}
      {page.series && !refused && (
        <Notice title="Part of a series">
          <p>
            {page.series}. What you save here is for this stream alone, and stays when the series changes.
          </p>
          <p>
            <Link to={`/account/streams/${page.id}/series`}>Change this and all following</Link>
          </p>
        </Notice>
      )}
      {page.moved && !refused && (
        <Notice title="The clocks' rules have changed">
          <p>
            Since this was scheduled, {page.timeZone} has new rules. The stream still starts at the moment
            that was announced: <When at={page.startsAt} zone={page.zone} streamZone={page.timeZone} />. If
            you save this form, it starts when the clocks there show the time below.
          </p>
        </Notice>
      )}
      <ScheduleForm
        text={(name) => typedText(typed, name)}
        problems={problems}
        question={refused ? refused.question : page.question}
        zones={page.zones}
        hidden={{ version: refused?.version ?? page.version }}
        submit={{ label: "Save", pending: "Saving…" }}
        back={{ to: page.streams, label: "Leave it as it was" }}
        experience={
          <Facts>
            <Fact label="Experience">
              <Bidi>{page.experienceName}</Bidi>
            </Fact>
            <Fact label="Address" note="Stays, whatever you change here.">
              {page.path}
            </Fact>
          </Facts>
        }
      />
      <Confirm
        label="Cancel this stream"
        question="Its page stays and says that it was cancelled. This cannot be undone; you can schedule a copy of it."
      >
        <Form method="post" action={`/account/streams/${page.id}/cancel`}>
          <SubmitButton formAction={`/account/streams/${page.id}/cancel`} pending="Cancelling…">
            Cancel the stream
          </SubmitButton>
        </Form>
      </Confirm>
    </Narrow>
  );
}
