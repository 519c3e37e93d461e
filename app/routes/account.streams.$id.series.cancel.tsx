import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { When } from "#app/components/when.tsx";
import { seriesInWords } from "#app/domain/schedule/series-words.ts";
import { cancelFollowing } from "#app/domain/series/cancel.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { requireTyped, typedText } from "#app/http/forms.ts";
import {
  closedStream,
  listed,
  readEdition,
  requireFollowing,
  savedBy,
  writeEdition,
} from "#app/http/series-of-team.ts";

export const meta: MetaFunction = ({ error }) => pageTitle("Cancel a series", error);

/** A long list helps nobody. */
const mostListed = 20;

// A cancelling that had to wait for a sign-in is asked again, and begins at its own page.
const requireStreams = (args: LoaderFunctionArgs) =>
  requireFollowing(args, { back: `/account/streams/${args.params.id}/series/cancel` });

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, stream, following } = await requireStreams(args);
  const { status, title, spaceSlug } = stream;
  const isOver = status === "live" || status === "ended";
  return {
    title,
    edition: writeEdition(following),
    closed: isOver || following.open.length === 0 ? closedStream[status] : null,
    words: seriesInWords(stream),
    count: following.open.length,
    listed: following.open.slice(0, mostListed).map(listed),
    zone: readTimeZone(args.request, viewer.timeZone),
    streams: `/account/streams?space=${spaceSlug}`,
  };
}

export async function action(args: ActionFunctionArgs) {
  const { viewer, stream, following } = await requireStreams(args);
  const { db, queue, log, requestId } = args.context;
  const edition = readEdition(typedText(await requireTyped(args.request), "edition"));
  const refuse = (problem: string, status: number) => data({ problem, by: undefined }, { status });
  if (!edition) return refuse("This form was not complete. Look at it and press the button again.", 400);
  const ids = { userId: viewer.userId, streamId: stream.id };
  const cancelled = await cancelFollowing(db, queue, { ...ids, ...edition });
  if (cancelled.ok) {
    const event = { event: "series.cancelled", requestId, ...ids, cancelled: cancelled.cancelled };
    if (!cancelled.already) log.info(event, "a series was cancelled from a stream on");
    return redirect(`/account/streams?space=${stream.spaceSlug}&cancelled=${stream.id}&following`, 303);
  }
  if (cancelled.reason === "closed") return refuse(closedStream[cancelled.status], 409);
  if (cancelled.reason === "saved_before") {
    const by = savedBy(edition, following) ?? "Somebody of your team";
    return data({ problem: undefined, by }, { status: 409 });
  }
  throw data({ message: "You cannot cancel this series. Nothing was changed." }, { status: 403 });
}

export default function CancelSeries() {
  const page = useLoaderData<typeof loader>();
  const { title, edition, closed, words, count, listed, zone, streams } = page;
  const refused = useActionData<typeof action>();
  return (
    <Narrow>
      <PageHeader
        title="Cancel this and all following?"
        above={<Breadcrumbs items={[{ to: streams, label: "Streams" }]} />}
        lead={
          <>
            <p>
              <Bidi>{title}</Bidi>
            </p>
            <p>{words}</p>
          </>
        }
      />
      <FormError>
        {refused?.by ? (
          <>
            <Bidi>{refused.by}</Bidi> changed this series while you were looking at it. Nothing was cancelled.
            Look at what it is now.
          </>
        ) : (
          (refused?.problem ?? closed)
        )}
      </FormError>
      {closed ? (
        <div className="row">
          <ButtonLink to={streams}>Back to your streams</ButtonLink>
        </div>
      ) : (
        <>
          <p className="measure">
            {count === 1 ? "This stream is cancelled" : `These ${count} streams are cancelled`}, also where
            one was moved or changed by itself, and no further ones are made. What is live or over stays. The
            pages stay at their addresses and say so. Whoever said that they are coming to one gets a mail
            about it. This cannot be undone.
          </p>
          <ul>
            {listed.map(({ id, title: name, startsAt, timeZone }) => (
              <li key={id}>
                <Bidi>{name}</Bidi>, <When at={startsAt} zone={zone} streamZone={timeZone} />
              </li>
            ))}
            {count > listed.length && <li>and {count - listed.length} more</li>}
          </ul>
          <div className="row">
            <Form method="post">
              <input type="hidden" name="edition" value={edition} />
              <SubmitButton pending="Cancelling…">Cancel this and all following</SubmitButton>
            </Form>
            <ButtonLink kind="quiet" to={streams}>
              Keep them
            </ButtonLink>
          </div>
        </>
      )}
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
