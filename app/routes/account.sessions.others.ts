import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { endOtherSessions } from "../domain/people/sessions.ts";
import { requireViewer } from "../http/viewer.ts";

export const loader = () => redirect("/account/sessions");

/** Ends every session but this one. */
export async function action(args: ActionFunctionArgs) {
  const { userId, sessionId } = await requireViewer(args, { back: "/account/sessions" });
  const count = await endOtherSessions(args.context.db, args.context.queue, { userId, sessionId });
  const { log, requestId } = args.context;
  log.info(
    { event: "session.others_ended", requestId, userId, sessionId, count },
    "other sessions were ended",
  );
  return redirect("/account/sessions?ended", 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
