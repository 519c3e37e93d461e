import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { confirmImport } from "#app/domain/grant-imports/confirm.ts";
import { backToImport, requireImport } from "#app/http/import-of-team.ts";

export const loader = backToImport;

/** Has everybody on a list added; one that was confirmed before goes on as it does. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, ids, listPage } = await requireImport(args);
  const { db, queue } = args.context;
  await confirmImport(db, queue, { ...ids, actorId: viewer.userId });
  return redirect(listPage, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
