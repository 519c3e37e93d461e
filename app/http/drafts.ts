import type { AppLoadContext } from "@remix-run/node";
import { findDraft, insertDraft } from "#app/domain/people/drafts.ts";
import { isId } from "#app/domain/text.ts";
import { ensureBrowser, readBrowser } from "./browser.ts";
import { readCookie, sessionCookieName } from "./cookies.ts";
import { readTyped, type Typed } from "./forms.ts";

type Args = { request: Request; context: AppLoadContext };

/**
 * Keeps what a form post carries for the person who has to sign in first. Gives the path that shows it again, and the
 * headers to send along; where nothing could be kept, the page itself.
 */
export async function keepDraft(
  { request, context }: Args,
  page: string,
): Promise<{ path: string; headers: Record<string, string> }> {
  const typed = await readTyped(request);
  if (!typed || Object.keys(typed).length === 0) return { path: page, headers: {} };
  const browser = ensureBrowser({ request, context });
  const id = await insertDraft(context.db, {
    browserToken: browser.token,
    sessionToken: readCookie(request.headers.get("cookie"), sessionCookieName(context.config)),
    networkAddress: context.networkAddress,
    path: page.split("?")[0]!,
    typed,
  });
  if (!id) return { path: page, headers: {} };
  const path = `${page}${page.includes("?") ? "&" : "?"}draft=${id}`;
  return { path, headers: { "Set-Cookie": browser.setCookie } };
}

/**
 * For the loader of a form's page: what this person had typed there when they were sent to sign in, or undefined. It
 * stays for an hour at the address that led back, so that a reload shows it again.
 */
export async function takeDraft({ request, context }: Args): Promise<Typed | undefined> {
  const url = new URL(request.url);
  const id = url.searchParams.get("draft") ?? undefined;
  const browserToken = readBrowser({ request, context });
  if (!isId(id) || !browserToken) return undefined;
  const viewer = await context.viewer();
  if (!viewer) return undefined;
  const path = url.pathname.replace(/\.data$/, "");
  return findDraft(context.db, { id, browserToken, userId: viewer.userId, path });
}
