import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, Link, useLoaderData } from "@remix-run/react";
import { Button, ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { Confirm } from "#app/components/confirm.tsx";
import { CopyLink } from "#app/components/copy-link.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { BillZone, StreamBill } from "#app/components/stream-bill.tsx";
import { When } from "#app/components/when.tsx";
import { listFeedStreams } from "#app/domain/calendar/feed-streams.ts";
import { findFeed, insertFeed, renewFeed, revokeFeed } from "#app/domain/calendar/feeds.ts";
import { findNow } from "#app/domain/streams/schedule.ts";
import { isId } from "#app/domain/text.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { isDelete, readTyped, typedText } from "#app/http/forms.ts";
import { requireViewer } from "#app/http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Your calendar", error);

const page = "/account/calendar";

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { db, config } = context;
  const { userId, timeZone } = await requireViewer({ request, context });
  const [feed, streams, now] = await Promise.all([
    findFeed(db, config.sessionSecrets, { userId }),
    listFeedStreams(db, { userId }),
    findNow(db),
  ]);
  const ahead = streams.filter(
    ({ status, startsAt }) => (status === "scheduled" || status === "rehearsal") && startsAt > now,
  );
  const url = feed?.code ? `${config.publicUrl}/feeds/${feed.code}.ics` : null;
  return {
    feed: feed ? { id: feed.id, madeAt: feed.madeAt.toISOString(), url } : null,
    streams: ahead.map(
      ({ id, title, path, startsAt, timeZone, lengthMinutes, experienceName, spaceName }) => ({
        ...{ id, title, path, timeZone, lengthMinutes, experienceName, spaceName },
        status: "scheduled" as const,
        startsAt: startsAt.toISOString(),
        liveAt: null,
        hasReplay: false,
      }),
    ),
    zone: readTimeZone(request, timeZone),
    changed: new URL(request.url).searchParams.get("changed"),
  };
}

/** Makes the calendar's address, puts another one in place of the one that the form names, or revokes it. */
export async function action({ request, context }: ActionFunctionArgs) {
  const { db, config, log, requestId } = context;
  const { userId } = await requireViewer({ request, context }, { back: page });
  const say = (event: string, words: string) => log.info({ event, requestId, userId }, words);
  if (await isDelete(request)) {
    if (await revokeFeed(db, { userId })) say("calendar.revoked", "a calendar's address was revoked");
    return redirect(`${page}?changed=revoked`, 303);
  }
  const feedId = typedText(await readTyped(request), "instead");
  if (feedId === undefined) {
    await insertFeed(db, config.sessionSecrets, { userId });
    return redirect(page, 303);
  }
  const renewed = isId(feedId) && (await renewFeed(db, config.sessionSecrets, { userId, feedId }));
  if (renewed) say("calendar.renewed", "a calendar's address was replaced");
  return redirect(renewed ? `${page}?changed=renewed` : page, 303);
}

export default function YourCalendar() {
  const { feed, streams, zone, changed } = useLoaderData<typeof loader>();
  return (
    <Narrow>
      <PageHeader
        title="Your calendar"
        lead="Streams that you come to, and those of what you follow or hold a pass for, in the calendar you use. It looks again by itself, so a stream that is moved moves there too."
      />
      {changed === "revoked" && !feed && (
        <Notice role="status">Revoked. Calendars that used the old address get nothing any more.</Notice>
      )}
      {changed === "renewed" && feed && (
        <Notice role="status">This is the new address. The old one gives nothing any more.</Notice>
      )}
      <section className="part">
        <h2>Its address</h2>
        {feed ? <Address /> : <NoAddress />}
      </section>
      <section className="part">
        <h2>What stands in it</h2>
        {streams.length === 0 ? (
          <EmptyList next={<ButtonLink to="/explore">See what is on</ButtonLink>}>
            Streams stand here when you say that you come, and when you follow a space.
          </EmptyList>
        ) : (
          <StreamBill streams={streams} zone={zone} label="In your calendar" with="space" />
        )}
        <BillZone zone={zone} lists={[streams]} />
        <p className="small">
          <Link to="/account/following">What you follow</Link>
        </p>
      </section>
    </Narrow>
  );
}

function NoAddress() {
  return (
    <>
      <p>
        Make an address and give it to your calendar: Google, Apple, Outlook and others call this subscribing
        to a calendar. Whoever knows the address can read it, so keep it to yourself. You can revoke it at any
        time.
      </p>
      <Form method="post">
        <SubmitButton kind="go" pending="Making it…">
          Make the address
        </SubmitButton>
      </Form>
    </>
  );
}

function Address() {
  const { feed, zone } = useLoaderData<typeof loader>();
  if (!feed) return null;
  return (
    <>
      {feed.url ? (
        <>
          <CopyLink
            url={feed.url}
            label="Give this to your calendar, and to nobody else"
            button="Copy address"
          />
          <p className="row">
            <a className="button" href={feed.url.replace(/^https?:/, "webcal:")}>
              Open in a calendar app
            </a>
            <span className="small">
              Made on <When at={feed.madeAt} zone={zone} size="day" />
            </span>
          </p>
        </>
      ) : (
        <Notice title="It works, and can no longer be shown">
          The server has other keys than when it was made. Make a new address to use it in another calendar.
        </Notice>
      )}
      <div className="row" key={feed.id}>
        <Confirm
          label="Make a new address"
          question="The old address gives nothing any more, in any calendar that uses it."
        >
          <Form method="post">
            <input type="hidden" name="instead" value={feed.id} />
            <Button>Replace the address</Button>
          </Form>
        </Confirm>
        <Confirm
          label="Revoke it"
          question="Calendars that use the address get nothing any more. You can make another one later."
        >
          <Form method="post">
            <input type="hidden" name="_method" value="delete" />
            <Button>Revoke the address</Button>
          </Form>
        </Confirm>
      </div>
    </>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
