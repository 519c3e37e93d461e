import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { joinWait, leaveWait } from "#app/domain/passes/waits.ts";
import { isDelete, tooOften } from "#app/http/forms.ts";
import { requirePassOf, streamOf, withStream } from "#app/http/pass-page.ts";
import { countTurn } from "#app/http/turns.ts";

export function loader({ params, request }: LoaderFunctionArgs) {
  const { space = "", pass } = params;
  return redirect(withStream(`/${space}/passes/${pass}`, streamOf(request, space)));
}

/** Joins the waiting list, or leaves it. Where that cannot be, the pass's page says how it is now. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, pass, back } = await requirePassOf(args);
  const eager = await countTurn("wait.person", viewer.userId);
  if (eager) throw tooOften("You joined and left waiting lists too often.", eager.waitSeconds);
  const { db, queue } = args.context;
  const of = { userId: viewer.userId, passId: pass.id };
  if (await isDelete(args.request)) await leaveWait(db, queue, of);
  else await joinWait(db, of);
  return redirect(back, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
