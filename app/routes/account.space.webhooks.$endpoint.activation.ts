import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { switchOn } from "#app/domain/outgoing-webhooks/endpoints.ts";
import { backToEndpoint, requireEndpoint, withWord } from "#app/http/endpoint-of-team.ts";

export const loader = backToEndpoint;

/** Switches an address on again; one that is on stays so. */
export async function action(args: ActionFunctionArgs) {
  const { ids, page } = await requireEndpoint(args);
  await switchOn(args.context.db, ids);
  return redirect(withWord(page, "on"), 303);
}
