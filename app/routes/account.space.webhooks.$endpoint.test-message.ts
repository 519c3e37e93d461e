import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { sendTest } from "#app/domain/outgoing-webhooks/log.ts";
import { backToEndpoint, requireEndpoint, takeHandMessage, withWord } from "#app/http/endpoint-of-team.ts";

export const loader = backToEndpoint;

/** Sends a message of no consequence. To an address that is off nothing is sent: its page says so. */
export async function action(args: ActionFunctionArgs) {
  const { ids, page } = await requireEndpoint(args);
  const { db, queue } = args.context;
  await takeHandMessage(db, ids.spaceId);
  const sent = await sendTest(db, queue, ids);
  return redirect(sent ? withWord(page, "tested") : page, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
