import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { deleteImport } from "#app/domain/grant-imports/confirm.ts";
import { backToImport, requireImport } from "#app/http/import-of-team.ts";

export const loader = backToImport;

/** Deletes a list; one that is at work stays, and its page says so. */
export async function action(args: ActionFunctionArgs) {
  const { ids, page, listPage } = await requireImport(args);
  const deleted = await deleteImport(args.context.db, ids);
  return redirect(deleted ? `${page}?removed` : listPage, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
