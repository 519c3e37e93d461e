import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useLoaderData } from "@remix-run/react";
import { Button, SubmitButton } from "../components/button.tsx";
import { Narrow } from "../components/layouts.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { Table } from "../components/table.tsx";
import { When, ZoneNote } from "../components/when.tsx";
import { browserInWords } from "../domain/people/browser-words.ts";
import { endSession, listSessions, sessionDays, sessionIdleDays } from "../domain/people/sessions.ts";
import { isId } from "../domain/text.ts";
import { readTimeZone } from "../http/cookies.ts";
import { readTyped, typedText } from "../http/forms.ts";
import { requireViewer } from "../http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Your sessions", error);

export async function loader(args: LoaderFunctionArgs) {
  const { userId, sessionId, timeZone } = await requireViewer(args);
  const sessions = await listSessions(args.context.db, userId);
  return {
    sessions: sessions.map(({ id, userAgent, networkAddress, createdAt, lastSeenAt }) => ({
      id,
      here: id === sessionId,
      browser: browserInWords(userAgent),
      networkAddress,
      since: createdAt.toISOString(),
      lastSeen: lastSeenAt.toISOString(),
    })),
    zone: readTimeZone(args.request, timeZone),
    limits: { idle: sessionIdleDays, all: sessionDays },
    ended: new URL(args.request.url).searchParams.has("ended"),
  };
}

/** Ends one session. What is ended already, or nobody's, needs no ending. */
export async function action(args: ActionFunctionArgs) {
  const { userId, sessionId: mine } = await requireViewer(args);
  const sessionId = typedText(await readTyped(args.request), "session");
  if (isId(sessionId) && sessionId !== mine) {
    const ended = await endSession(args.context.db, args.context.queue, { userId, sessionId });
    const { log, requestId } = args.context;
    if (ended) log.info({ event: "session.ended", requestId, userId, sessionId }, "a session was ended");
  }
  return redirect("/account/sessions?ended", 303);
}

export default function Sessions() {
  const { sessions, zone, limits, ended } = useLoaderData<typeof loader>();
  const others = sessions.length > 1;
  return (
    <Narrow>
      <PageHeader
        title="Your sessions"
        lead="Every browser that is signed in as you. End what you do not know, or no longer use."
      />
      {ended && <Notice role="status">Ended. Pages that were open there are closed.</Notice>}
      <Table caption="Browsers signed in as you" hideCaption>
        <thead>
          <tr>
            <th scope="col">Browser</th>
            <th scope="col">Network address</th>
            <th scope="col">Last seen</th>
            <th scope="col">
              <span className="visually-hidden">What you can do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sessions.map(({ id, here, browser, networkAddress, since, lastSeen }) => (
            <tr key={id}>
              <th scope="row">
                {browser}
                <br />
                <span className="small nowrap">
                  since <When at={since} zone={zone} size="day" />
                </span>
              </th>
              <td>{networkAddress || "not known"}</td>
              <td className="nowrap">
                {here ? (
                  "now"
                ) : (
                  <>
                    <When at={lastSeen} zone={zone} size="day" />,{" "}
                    <When at={lastSeen} zone={zone} size="time" />
                  </>
                )}
              </td>
              <td className="end nowrap">{here ? "This browser" : <EndOne id={id} browser={browser} />}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <ZoneNote zone={zone} />
      <div className="row">
        {others && (
          <Form method="post" action="/account/sessions/others">
            <SubmitButton formAction="/account/sessions/others" pending="Ending them…">
              End all others
            </SubmitButton>
          </Form>
        )}
        <Form method="post" action="/sign-out">
          <Button>Sign out here</Button>
        </Form>
      </div>
      <p className="small">
        A session ends by itself after {limits.idle} days without a visit, and after {limits.all} days in any
        case.
      </p>
    </Narrow>
  );
}

function EndOne({ id, browser }: { id: string; browser: string }) {
  return (
    <Form method="post" action="/account/sessions?index">
      <SubmitButton name="session" value={id} pending="Ending…" aria-label={`End the session in ${browser}`}>
        End
      </SubmitButton>
    </Form>
  );
}

export { FailureBoundary as ErrorBoundary } from "../components/failure.tsx";
