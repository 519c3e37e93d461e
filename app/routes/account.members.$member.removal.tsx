import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { ButtonLink, SubmitButton } from "../components/button.tsx";
import { Breadcrumbs } from "../components/breadcrumbs.tsx";
import { FormError } from "../components/form-error.tsx";
import { Narrow } from "../components/layouts.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { findMember, listTeams, removeMember } from "../domain/teams/members.ts";
import { mayManage } from "../domain/teams/rights.ts";
import { isId } from "../domain/text.ts";
import { listProblems, problem, refuse } from "../http/forms.ts";
import { requireTeam } from "../http/team.ts";
import { requireViewer } from "../http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ data: page, error }) =>
  pageTitle(page?.me ? "Leave the team" : "Remove from the team", error);

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, team } = await requireTeam(args, { least: "moderator" });
  const userId = args.params.member;
  const member = isId(userId)
    ? await findMember(args.context.db, { spaceId: team.spaceId, userId })
    : undefined;
  if (!member) throw data({ message: "There is no such member of your team." }, { status: 404 });
  const me = member.userId === viewer.userId;
  if (!me && !mayManage(team.role, member.role))
    throw data(
      { message: "Your role does not allow you to remove this member. An owner can." },
      { status: 403 },
    );
  return { slug: team.slug, space: team.name, me, userId: member.userId, name: member.name || member.email };
}

/** Removes a member, or leaves. Whoever is gone already stays gone. */
export async function action(args: ActionFunctionArgs) {
  const { userId: actorId } = await requireViewer(args);
  const { db, queue, log, requestId } = args.context;
  const userId = args.params.member;
  if (!isId(userId)) throw data({ message: "There is no such member of your team." }, { status: 404 });
  // A second press of "Leave" comes from somebody who has no team any more.
  const slug = new URL(args.request.url).searchParams.get("space");
  const teams = await listTeams(db, actorId);
  if (userId === actorId && slug !== null && !teams.some((team) => team.slug === slug))
    return redirect("/account", 303);
  const { team } = await requireTeam(args, { least: "moderator" });
  const { spaceId } = team;
  const removed = await removeMember(db, queue, { spaceId, actorId, userId });
  if (!removed.ok) {
    const [sentence, status] = refusals[removed.reason];
    return refuse(problem("", sentence, {}), status);
  }
  log.info({ event: "team.removed", requestId, userId: actorId, memberId: userId, spaceId }, "left a team");
  return redirect(userId === actorId ? "/account" : `/account/members?space=${team.slug}`, 303);
}

const refusals = {
  not_allowed: ["Your role does not allow you to remove this member. An owner can.", 403],
  last_owner: ["A space needs an owner. Make somebody else an owner first.", 400],
} as const;

export default function Removal() {
  const { slug, space, me, userId, name } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const members = `/account/members?space=${slug}`;
  return (
    <Narrow>
      <PageHeader
        above={<Breadcrumbs items={[{ to: members, label: "Members" }]} />}
        title={me ? `Leave ${space}?` : `Remove ${name}?`}
        lead={
          me
            ? "You can no longer host or moderate here, from this moment. Passes that you hold stay."
            : "They can no longer host or moderate here, from this moment. Passes that they hold stay."
        }
      />
      <FormError
        problems={listProblems(refused?.problems).map(({ message }) => ({ name: "removal", message }))}
      />
      <Form
        method="post"
        action={`/account/members/${userId}/removal?space=${slug}`}
        id="field-removal"
        className="row"
      >
        <SubmitButton kind="go" pending={me ? "Leaving…" : "Removing…"}>
          {me ? "Leave the team" : "Remove from the team"}
        </SubmitButton>
        <ButtonLink to={members}>Keep it as it is</ButtonLink>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "../components/failure.tsx";
