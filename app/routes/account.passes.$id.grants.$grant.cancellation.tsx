import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { FailureBoundary } from "#app/components/failure.tsx";
import { cancelGrant } from "#app/domain/grants/grants.ts";
import { findGrant } from "#app/domain/grants/lists.ts";
import { findSpaceOfPass } from "#app/domain/passes/passes.ts";
import { isId } from "#app/domain/text.ts";
import { absent } from "#app/http/absent.ts";
import { requireTeamOf } from "#app/http/team-of.ts";

export function loader({ params }: LoaderFunctionArgs) {
  return redirect(`/account/passes/${params.id}/grants/${params.grant}`);
}

/** What was done already, by a second press or another owner, is no mistake: the grant's page shows how it is. */
export async function action({ params, request, context }: ActionFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfPass } as const;
  const { team, id } = await requireTeamOf({ request, context }, wanted);
  const ids = { spaceId: team.spaceId, passId: id, grantId: params.grant ?? "" };
  const grant = isId(params.grant) ? await findGrant(context.db, ids) : undefined;
  if (!grant) throw absent("Nobody holds such a pass.");
  await cancelGrant(context.db, context.queue, ids);
  return redirect(`/account/passes/${id}/grants/${grant.id}`);
}

export default function Nothing() {
  return null;
}

export { FailureBoundary as ErrorBoundary };
