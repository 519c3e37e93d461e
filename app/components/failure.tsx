import { isRouteErrorResponse, useLocation, useRouteError } from "@remix-run/react";
import { useEffect } from "react";
import { ButtonLink } from "./button.tsx";
import { Narrow } from "./layouts.tsx";
import { PageHeader } from "./page-header.tsx";
import { usePageRequest } from "./page-request.ts";
import { RefreshWithoutScript } from "./refresh-without-script.tsx";

type Words = { title: string; explanation: string; again?: boolean };

const refusals: Record<number, Words> = {
  400: {
    title: "We could not read that",
    explanation: "What your browser sent was not complete. Nothing was changed.",
  },
  401: { title: "Please sign in first", explanation: "This page is for people who are signed in." },
  403: {
    title: "This is not yours to open",
    explanation: "It belongs to somebody else, or your role has changed. Nothing was changed.",
  },
  404: {
    title: "There is no such page",
    explanation: "The address may have a slip in it, or what was here is gone.",
  },
  405: { title: "That cannot be done here", explanation: "Nothing was changed." },
  410: { title: "This is no longer here", explanation: "It was here once, and will not come back." },
  413: {
    title: "That was too large",
    explanation: "We refused it without reading it to its end. Nothing was changed.",
  },
  429: { title: "That was too often", explanation: "Wait a little, then try again. Nothing was changed." },
  503: {
    title: "One moment, please",
    explanation: "We cannot reach our database right now; this page tries again by itself.",
    again: true,
  },
};

const bug: Words = {
  title: "Something broke on our side",
  explanation: "We have written it down and will look at it. You can try again.",
  again: true,
};

const unreachable: Words = {
  title: "We cannot be reached",
  explanation: "Your connection may be interrupted. Check it, then try again.",
  again: true,
};

const busy: Words = {
  title: "One moment, please",
  explanation: "We could not answer just now; this page tries again by itself.",
  again: true,
};

function wordsFor(error: unknown): Words {
  if (isRouteErrorResponse(error)) return refusals[error.status] ?? bug;
  // What Remix throws when the answer to a move is not one of Remix's: a refusal given before there was a page, or one
  // of what stands before us.
  if (error instanceof Error && /^Unable to decode turbo-stream response/.test(error.message)) return busy;
  // What browsers throw when a request gets no answer at all.
  const noAnswer = error instanceof TypeError && /fetch|network|load failed/i.test(error.message);
  return noAnswer ? unreachable : bug;
}

export function failureTitle(error: unknown): string {
  return wordsFor(error).title;
}

/**
 * What a page says instead of its content. A response thrown as `data({ message }, { status })` explains itself in that
 * one sentence, and may name a way (`{ message, way: { to, label } }`), which leads out of a frame; anything else than a response is a bug, of which only the request's id is told.
 */
export function Failure({ error }: { error: unknown }) {
  const { id } = usePageRequest();
  // After a move without a reload, the id of the document is not that of the request that failed.
  const ofThisRequest = useLocation().key === "default";
  const words = wordsFor(error);
  const status = isRouteErrorResponse(error) ? error.status : undefined;
  const way = wayOf(error);
  useTryingAgain(status === 503 || words === busy);
  return (
    <Narrow>
      {status === 503 && <RefreshWithoutScript seconds={10} />}
      <PageHeader title={words.title} lead={said(error) ?? words.explanation} />
      {words === bug && ofThisRequest && id && (
        <p className="small">
          If you write to us, tell us this number: <code className="nowrap">{id}</code>
        </p>
      )}
      <p className="row">
        {status === 401 && (
          <ButtonLink kind="go" to="/sign-in" target="_top">
            Sign in
          </ButtonLink>
        )}
        {way && (
          <ButtonLink kind="go" to={way.to} target="_top" reloadDocument>
            {way.label}
          </ButtonLink>
        )}
        {words.again && (
          <ButtonLink kind="go" to="." reloadDocument>
            Try again
          </ButtonLink>
        )}
        <ButtonLink to="/" target="_top">
          To the front page
        </ButtonLink>
      </p>
    </Narrow>
  );
}

/**
 * A route's own boundary: `export { FailureBoundary as ErrorBoundary }`. Without one, the root's draws the whole document
 * anew, and it flickers.
 */
export function FailureBoundary() {
  return <Failure error={useRouteError()} />;
}

/** Spread over some seconds, because everybody who waits would come back at once. */
function useTryingAgain(wanted: boolean) {
  useEffect(() => {
    if (!wanted) return;
    const { pathname, search } = window.location;
    const timer = setTimeout(() => window.location.assign(pathname + search), 8000 + Math.random() * 6000);
    return () => clearTimeout(timer);
  }, [wanted]);
}

function wayOf(error: unknown): { to: string; label: string } | undefined {
  if (!isRouteErrorResponse(error)) return undefined;
  const { way } = (error.data ?? {}) as { way?: { to: string; label: string } };
  return way;
}

/** Only whole sentences are ours: Remix's own refusals ("Error: No route matches …", "Not Found") are not. */
function said(error: unknown): string | undefined {
  if (!isRouteErrorResponse(error) || error.status === 500) return undefined;
  const body = error.data as string | { message?: unknown } | null;
  const text = typeof body === "string" ? body : body?.message;
  return typeof text === "string" && /^(?!Error:).+[.!?]$/.test(text) ? text : undefined;
}
