import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { switchOn } from "#app/domain/outgoing-webhooks/endpoints.ts";
import { backToEndpoint, requireEndpoint, withWord } from "#app/http/endpoint-of-team.ts";

export const loader = backToEndpoint;

/** Switches an address on again, which is then theirs; one that is on stays as it is. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, ids, page } = await requireEndpoint(args);
  await switchOn(args.context.db, { ...ids, actorId: viewer.userId });
  return redirect(withWord(page, "on"), 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
