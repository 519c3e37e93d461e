import { isRouteErrorResponse } from "@remix-run/react";
import { ButtonLink } from "./button.tsx";
import { PageHeader } from "./page-header.tsx";
import { usePageRequest } from "./page-request.ts";
import { Narrow } from "./layouts.tsx";

const titles: Record<number, string> = {
  400: "We could not read that",
  401: "Please sign in first",
  403: "This is not yours to open",
  404: "There is no such page",
  405: "That cannot be done here",
  410: "This is no longer here",
  413: "That was too large",
  429: "That was too often",
  503: "One moment, please",
};

const bug = "Something broke on our side";

export function failureTitle(error: unknown): string {
  return (isRouteErrorResponse(error) && titles[error.status]) || bug;
}

const explanations: Record<number, string> = {
  400: "What your browser sent was not complete. Nothing was changed.",
  401: "This page is for people who are signed in.",
  403: "It belongs to somebody else, or your role has changed. Nothing was changed.",
  404: "The address may have a slip in it, or what was here is gone.",
  405: "Nothing was changed.",
  410: "It was here once and will not come back.",
  413: "We refused it without reading it to its end. Nothing was changed.",
  429: "Wait a little, then try again. Nothing was changed.",
  503: "We cannot reach our database right now; this page tries again by itself.",
};

/**
 * What the page says instead of its content. A response thrown as `data({ message }, { status })` speaks for itself in
 * that one sentence; anything else than a response is a bug, of which only the request's id is told.
 */
export function Failure({ error }: { error: unknown }) {
  const { id } = usePageRequest();
  const status = isRouteErrorResponse(error) ? error.status : 500;
  const known = status in titles;
  return (
    <Narrow>
      <PageHeader
        title={failureTitle(error)}
        lead={
          said(error) ??
          explanations[status] ??
          "We have written it down and will look at it. You can try again."
        }
      />
      {!known && id && (
        <p className="small">
          If you write to us, tell us this number: <code className="nowrap">{id}</code>
        </p>
      )}
      <p className="row">
        {status === 401 ? (
          <ButtonLink kind="go" to="/sign-in">
            Sign in
          </ButtonLink>
        ) : status === 503 || !known ? (
          <ButtonLink kind="go" to="" reloadDocument>
            Try again
          </ButtonLink>
        ) : null}
        <ButtonLink to="/">To the front page</ButtonLink>
      </p>
    </Narrow>
  );
}

/** Only whole sentences are ours: Remix's own refusals ("Error: No route matches …", "Not Found") are not. */
function said(error: unknown): string | undefined {
  if (!isRouteErrorResponse(error) || error.status === 500) return undefined;
  const body = error.data as string | { message?: unknown } | null;
  const text = typeof body === "string" ? body : body?.message;
  return typeof text === "string" && /^(?!Error:).+[.!?]$/.test(text) ? text : undefined;
}
