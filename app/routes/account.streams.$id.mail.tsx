import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { useEffect } from "react";
import { z } from "zod";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { SubmitButton } from "#app/components/button.tsx";
import { Choice } from "#app/components/choice.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Page } from "#app/components/layouts.tsx";
import { MailingList } from "#app/components/mailing-list.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Table } from "#app/components/table.tsx";
import { When } from "#app/components/when.tsx";
import { updateStreamReminders } from "#app/domain/mail/choices.ts";
import { mailingInWords } from "#app/domain/mail/kind-words.ts";
import { minutesInWords, reminderMinutes, usualReminders } from "#app/domain/mail/kinds.ts";
import { findStreamReminders, listBounced, listMailings } from "#app/domain/mail/progress.ts";
import { skippedInWords } from "#app/domain/mail/reason-words.ts";
import { isOpen } from "#app/domain/streams/schedule.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { listProblems, readForm, refuse, typedList } from "#app/http/forms.ts";
import { requireStreamOfTeam } from "#app/http/stream-of-team.ts";
import { useReadAgain } from "#app/live/read-again.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  pageTitle(data && `Mail about ${data.title}`, error);

type Loaded = ReturnType<typeof useLoaderData<typeof loader>>;

/** A page without scripts asks again by itself while mail goes out. */
export const handle = { refresh: ({ goesOut }: Loaded) => goesOut && 5 };

const schema = z.object({
  minutes: z.array(z.enum(reminderMinutes.map(String) as [string, ...string[]])).default([]),
});

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, stream } = await requireStreamOfTeam(args);
  const { db } = args.context;
  const [mailings, bounced, reminders] = await Promise.all([
    listMailings(db, stream.id, usualReminders),
    // Who somebody is, and that they are coming, is the hosts' to know: moderators see how many.
    stream.mayHost ? listBounced(db, stream.id, { limit: 100 }) : [],
    findStreamReminders(db, stream.id),
  ]);
  // Times that nobody asked for are no mail.
  const shown = mailings.filter(
    ({ kind, spread, due, sent, bounced: back, skipped, toCome, minutesBefore }) =>
      due + sent + back + skipped.length + toCome > 0 ||
      (kind === "reminder" && !spread && (reminders ?? usualReminders).includes(minutesBefore)),
  );
  return {
    id: stream.id,
    title: stream.title,
    zone: readTimeZone(args.request, viewer.timeZone),
    mayChange: stream.mayHost && isOpen(stream.status),
    goesOut: shown.some(({ due, spread, dueAt }) => due > 0 || (!spread && dueAt <= new Date())),
    reminders: (reminders ?? usualReminders).map(String),
    minutes: reminderMinutes.map((value) => ({ value: String(value), label: minutesInWords(value) })),
    mailings: shown.map(({ kind, minutesBefore, dueAt, skipped, ...rest }) => ({
      ...rest,
      what: mailingInWords(kind, minutesBefore),
      dueAt: dueAt.toISOString(),
      skipped: skipped.map(({ reason, people }) => ({ people, why: skippedInWords(reason) })),
    })),
    bounced: bounced.map(({ kind, minutesBefore, at, ...rest }) => ({
      ...rest,
      what: mailingInWords(kind, minutesBefore),
      at: at.toISOString(),
    })),
    saved: new URL(args.request.url).searchParams.has("saved"),
  };
}

export async function action(args: ActionFunctionArgs) {
  const { stream } = await requireStreamOfTeam(args, { least: "host" });
  const form = await readForm(args.request, schema);
  if (!form.ok) return refuse(form);
  await updateStreamReminders(args.context.db, stream.id, form.value.minutes.map(Number));
  return redirect(`/account/streams/${stream.id}/mail?saved`, 303);
}

/** What is sent about a stream, when, and what came of it. */
export default function StreamMail() {
  const { id, title, mailings, bounced, zone, mayChange, reminders, minutes, goesOut, saved } =
    useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const readAgain = useReadAgain();
  useEffect(() => {
    if (!goesOut) return;
    const timer = setInterval(() => readAgain(0), 2_000);
    return () => clearInterval(timer);
  }, [goesOut, readAgain]);
  return (
    <Page>
      <PageHeader
        title="Mail"
        above={<Breadcrumbs items={[{ to: `/account/streams/${id}`, label: title }]} />}
        lead="What people get about this stream, and what came of it. It goes to who said that they are coming; of a new stream those are told who follow."
      />
      {saved && !refused && <Notice role="status">Saved.</Notice>}
      {mailings.length === 0 ? (
        <EmptyList>
          Nothing is due. Reminders, changes and the replay stand here once somebody is coming.
        </EmptyList>
      ) : (
        <MailingList mailings={mailings} zone={zone} />
      )}
      {mayChange && (
        <Form method="post" className="form">
          <FormError problems={listProblems(refused?.problems)} />
          <Choice
            label="When people are reminded: before the start"
            hint="Who chose times of their own is reminded then. Choose none, and nobody else is reminded."
            name="minutes"
            several
            error={refused?.problems.minutes}
            defaultValue={typedList(refused?.typed, "minutes") ?? reminders}
            options={minutes}
          />
          <p className="row">
            <SubmitButton pending="Saving…">Save the times</SubmitButton>
          </p>
        </Form>
      )}
      {bounced.length > 0 && (
        <section aria-labelledby="came-back" className="stack">
          <h2 id="came-back">Came back</h2>
          <p className="measure">
            These mailboxes do not exist, so nothing more is sent there. Addresses stand here of those who
            hold or held one of your passes: ask these people for another one.
          </p>
          <Table caption="Mail that came back" hideCaption>
            <thead>
              <tr>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">The server’s code</th>
                <th scope="col">When</th>
              </tr>
            </thead>
            <tbody>
              {bounced.map(({ personId, email, name, what, code, at }) => (
                <tr key={personId + what}>
                  <th scope="row">
                    {(email ?? name) ? <Bidi>{email ?? name}</Bidi> : "Somebody without a name"}
                    {email && name && (
                      <>
                        {" "}
                        <span className="small">
                          <Bidi>{name}</Bidi>
                        </span>
                      </>
                    )}
                  </th>
                  <td>{what}</td>
                  <td className="num">{code || "not known"}</td>
                  <td className="nowrap">
                    <When at={at} zone={zone} />
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
        </section>
      )}
    </Page>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
