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
import { FormError } from "../components/form-error.tsx";
import { Narrow } from "../components/layouts.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { When } from "../components/when.tsx";
import { seriesInWords } from "../domain/schedule/series-words.ts";
import type { TeamStream } from "../domain/streams/find.ts";
import { cancelStream, isOpen } from "../domain/streams/schedule.ts";
import { readTimeZone } from "../http/cookies.ts";
import { requireStreamOfTeam } from "../http/stream-of-team.ts";

export const meta: MetaFunction = ({ error }) => pageTitle("Cancel stream", error);

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, stream } = await requireStream(args);
  return {
    id: stream.id,
    title: stream.title,
    status: stream.status,
    open: isOpen(stream.status),
    startsAt: stream.startsAt.toISOString(),
    timeZone: stream.timeZone,
    series: seriesInWords(stream),
    zone: readTimeZone(args.request, viewer.timeZone),
    streams: `/account/streams?space=${stream.spaceSlug}`,
  };
}

// A cancelling that had to wait for a sign-in is asked again, and begins at its own page.
const requireStream = (args: LoaderFunctionArgs) =>
  requireStreamOfTeam(args, { least: "host", back: `/account/streams/${args.params.id}/cancel` });

export async function action(args: ActionFunctionArgs) {
  const { viewer, stream } = await requireStream(args);
  const { db, queue, log, requestId } = args.context;
  const by = { streamId: stream.id, userId: viewer.userId };
  const cancelled = await cancelStream(db, queue, by);
  if (!cancelled.ok && cancelled.reason === "closed") {
    return data({ problem: tooLate[cancelled.status] }, { status: 409 });
  }
  if (!cancelled.ok)
    throw data({ message: "You cannot cancel this stream. Nothing was changed." }, { status: 403 });
  if (!cancelled.already) log.info({ event: "stream.cancelled", requestId, ...by }, "a stream was cancelled");
  return redirect(`/account/streams?space=${stream.spaceSlug}&cancelled=${stream.id}`, 303);
}

const tooLate: Record<TeamStream["status"], string> = {
  scheduled: "It changed at this very moment. Press the button again.",
  rehearsal: "It changed at this very moment. Press the button again.",
  live: "It is live, so it cannot be cancelled any more. End it in its studio.",
  ended: "It has ended, so there is nothing to cancel.",
  cancelled: "It is cancelled already.",
};

export default function CancelStream() {
  const page = useLoaderData<typeof loader>();
  const { id, title, status, open, startsAt, timeZone, series, zone, streams } = page;
  const refused = useActionData<typeof action>();
  return (
    <Narrow>
      <PageHeader
        title="Cancel this stream?"
        above={<Breadcrumbs items={[{ to: streams, label: "Streams" }]} />}
        lead={
          <>
            <p>
              <Bidi>{title}</Bidi>
            </p>
            <p>
              <When at={startsAt} zone={zone} streamZone={timeZone} />
            </p>
          </>
        }
      />
      <FormError>{refused?.problem ?? (open ? undefined : tooLate[status])}</FormError>
      {open ? (
        <>
          {series && (
            <p className="measure">
              It is part of a series: {series}. This cancels it alone.{" "}
              <Link to={`/account/streams/${id}/series/cancel`}>Cancel this and all following</Link>
            </p>
          )}
          <p className="measure">
            Its page stays at its address and says that the stream was cancelled, also to people who have it
            open right now. Whoever said that they are coming gets a mail about it. This cannot be undone; you
            can schedule a copy of it.
          </p>
          <div className="row">
            <Form method="post">
              <SubmitButton pending="Cancelling…">Cancel the stream</SubmitButton>
            </Form>
            <ButtonLink kind="quiet" to={streams}>
              Keep it
            </ButtonLink>
          </div>
        </>
      ) : (
        <div className="row">
          {status === "live" && (
            <ButtonLink kind="go" to={`/account/streams/${id}`}>
              Open its studio
            </ButtonLink>
          )}
          <ButtonLink to={streams}>Back to your streams</ButtonLink>
        </div>
      )}
    </Narrow>
  );
}
