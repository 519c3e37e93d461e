import { type AppLoadContext, redirect } from "@remix-run/node";
import type { Viewer } from "#app/domain/people/sessions.ts";
import { keepDraft } from "./drafts.ts";
import { pageOf, signInPath } from "./return-to.ts";

type Args = { request: Request; context: AppLoadContext };

/**
 * The signed-in person, or a thrown redirect to the sign-in page, which leads back here. From a post, back is the
 * form's page with what was typed (see `takeDraft`): the page that sent the form, or `back` where that is given.
 */
export async function requireViewer(args: Args, { back }: { back?: string } = {}): Promise<Viewer> {
  const viewer = await args.context.viewer();
  if (viewer) return viewer;
  if (args.request.method === "GET" || args.request.method === "HEAD")
    throw redirect(signInPath(pageOf(new URL(args.request.url))));
  const draft = await keepDraft(args, back ?? formPage(args.request));
  throw redirect(signInPath(draft.path), { status: 303, headers: draft.headers });
}

/** The page that a form was sent from; the address that it was sent to where the browser does not tell. */
function formPage(request: Request): string {
  const sentTo = new URL(request.url);
  const referrer = request.headers.get("referer");
  const from = referrer && URL.canParse(referrer) ? new URL(referrer) : undefined;
  return pageOf(from && from.host === sentTo.host ? from : sentTo);
}
