import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { Breadcrumbs } from "../components/breadcrumbs.tsx";
import { SubmitButton } from "../components/button.tsx";
import { Choice } from "../components/choice.tsx";
import { FormError } from "../components/form-error.tsx";
import { Narrow } from "../components/layouts.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { changeRole, findMember, type TeamRefusal } from "../domain/teams/members.ts";
import { mayManage, rolesManagedBy, roleWords } from "../domain/teams/rights.ts";
import { isId } from "../domain/text.ts";
import { listProblems, problem, readForm, refuse, typedText } from "../http/forms.ts";
import { requireTeam } from "../http/team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Change a role", error);

const schema = z.object({ role: z.enum(["owner", "host", "moderator"], "Choose a role.") });

export async function loader(args: LoaderFunctionArgs) {
  const { team, member } = await requireMember(args);
  return {
    slug: team.slug,
    userId: member.userId,
    name: member.name || member.email,
    role: member.role,
    may: rolesManagedBy(team.role),
  };
}

export async function action(args: ActionFunctionArgs) {
  const { viewer, team, member } = await requireMember(args);
  const form = await readForm(args.request, schema);
  if (!form.ok) return refuse(form);
  const { db, queue, log, requestId } = args.context;
  const { spaceId, slug } = team;
  const { role } = form.value;
  const changed = await changeRole(db, queue, {
    spaceId,
    actorId: viewer.userId,
    userId: member.userId,
    role,
  });
  if (!changed.ok)
    return refuse(
      problem("role", refusals[changed.reason], form.typed),
      changed.reason === "last_owner" ? 400 : 403,
    );
  const ids = { requestId, userId: viewer.userId, memberId: member.userId, spaceId, role };
  log.info({ event: "team.role_changed", ...ids }, "a role was changed");
  return redirect(`/account/members?space=${slug}`, 303);
}

const refusals: Record<TeamRefusal["reason"], string> = {
  not_allowed: "Your role does not allow you to give or take this one. An owner can.",
  last_owner: "This is the only owner, and a space needs one. Make somebody else an owner first.",
};

/** The member of the address, whose role the signed-in person may change. */
async function requireMember(args: LoaderFunctionArgs) {
  const { viewer, team } = await requireTeam(args, { least: "moderator" });
  const userId = args.params.member;
  const member = isId(userId)
    ? await findMember(args.context.db, { spaceId: team.spaceId, userId })
    : undefined;
  if (!member) throw data({ message: "There is no such member of your team." }, { status: 404 });
  if (!mayManage(team.role, member.role))
    throw data(
      { message: "Your role does not allow you to change this member's. An owner can." },
      { status: 403 },
    );
  return { viewer, team, member };
}

export default function ChangeRole() {
  const { slug, userId, name, role, may } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  return (
    <Narrow>
      <PageHeader
        above={<Breadcrumbs items={[{ to: `/account/members?space=${slug}`, label: "Members" }]} />}
        title={name}
      />
      <Form
        method="post"
        action={`/account/members/${userId}?index&space=${slug}`}
        className="form"
        noValidate
      >
        <FormError problems={listProblems(refused?.problems)} />
        <Choice
          label="Role"
          name="role"
          required
          error={refused?.problems.role}
          defaultValue={typedText(refused?.typed, "role") ?? role}
          options={may.map((one) => ({ value: one, label: roleWords[one].name, hint: roleWords[one].may }))}
        />
        <p className="row">
          <SubmitButton kind="go" pending="Changing the role…">
            Change the role
          </SubmitButton>
        </p>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "../components/failure.tsx";
