import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { resendDelivery } from "#app/domain/outgoing-webhooks/log.ts";
import { isId } from "#app/domain/text.ts";
import { absent } from "#app/http/absent.ts";
import { backToEndpoint, requireEndpoint, takeHandMessage, withWord } from "#app/http/endpoint-of-team.ts";

export const loader = backToEndpoint;

/** Sends a message again. What is not of this address, or is being sent right now, is 404. */
export async function action(args: ActionFunctionArgs) {
  const { ids, page } = await requireEndpoint(args);
  const deliveryId = args.params.delivery;
  const { db, queue } = args.context;
  await takeHandMessage(db, ids.spaceId);
  const sent = isId(deliveryId) && (await resendDelivery(db, queue, { ...ids, deliveryId }));
  if (!sent) throw absent("There is no such message that could be sent again now.");
  return redirect(withWord(page, "resent"), 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
