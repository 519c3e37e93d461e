import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { Bidi } from "../components/bidi.tsx";
import { ButtonLink, SubmitButton } from "../components/button.tsx";
import { Choice } from "../components/choice.tsx";
import { TextField } from "../components/field.tsx";
import { FormError } from "../components/form-error.tsx";
import { Page } from "../components/layouts.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { Table } from "../components/table.tsx";
import { When } from "../components/when.tsx";
import { insertInvite, type InviteRefusal, listInvites } from "../domain/teams/invites.ts";
import { listMembers } from "../domain/teams/members.ts";
import { mayManage, rolesManagedBy, roleWords } from "../domain/teams/rights.ts";
import { emailAddress } from "../domain/text.ts";
import { readTimeZone } from "../http/cookies.ts";
import { takeDraft } from "../http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedText } from "../http/forms.ts";
import { requireTeam } from "../http/team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Members", error);

const schema = z.object({
  email: emailAddress,
  role: z.enum(["owner", "host", "moderator"], "Choose a role."),
});

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, team, teams } = await requireTeam(args, { least: "moderator" });
  const { db } = args.context;
  const [members, invites, draft] = await Promise.all([
    listMembers(db, team.spaceId),
    listInvites(db, team.spaceId),
    takeDraft(args),
  ]);
  const query = new URL(args.request.url).searchParams;
  return {
    team: { slug: team.slug, name: team.name },
    others: teams.filter(({ slug }) => slug !== team.slug).map(({ slug, name }) => ({ slug, name })),
    may: rolesManagedBy(team.role),
    members: members.map(({ userId, email, name, role, since }) => ({
      userId,
      email,
      name,
      role,
      since: since.toISOString(),
      me: userId === viewer.userId,
      mine: mayManage(team.role, role),
    })),
    invites: invites.map(({ id, email, role, state, mailedAt, expiresAt, mayResend, noMailbox }) => ({
      id,
      email,
      role,
      state,
      mailed: mailedAt !== null,
      until: expiresAt.toISOString(),
      mayResend,
      noMailbox,
      mine: mayManage(team.role, role),
    })),
    zone: readTimeZone(args.request, viewer.timeZone),
    draft,
    invited: query.get("invited"),
  };
}

/** Invites somebody. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, team } = await requireTeam(args, { least: "host" });
  const form = await readForm(args.request, schema);
  if (!form.ok) return refuse(form);
  const { db, queue, log, requestId } = args.context;
  const { spaceId, slug } = team;
  const invited = await insertInvite(db, queue, { spaceId, actorId: viewer.userId, ...form.value });
  if (!invited.ok) {
    const [field, sentence] = refusals[invited.reason];
    return refuse(problem(field, sentence, form.typed), invited.reason === "not_allowed" ? 403 : 400);
  }
  const { inviteId } = invited;
  log.info(
    { event: "team.invited", requestId, userId: viewer.userId, spaceId, inviteId },
    "invited to a team",
  );
  return redirect(`/account/members?space=${slug}&invited=${encodeURIComponent(form.value.email)}`, 303);
}

const refusals: Record<InviteRefusal["reason"], [field: string, sentence: string]> = {
  not_allowed: ["role", "Your role does not allow you to give this one. An owner can."],
  already_member: ["email", "This is the address of a member. Change their role in the list instead."],
  already_invited: ["email", "This address is invited in another role. Take that invitation back first."],
  too_many: ["email", "That is a lot of invitations for one day. Go on tomorrow."],
};

export default function Members() {
  const { team, others, may, members, invites, zone, draft, invited } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <Page>
      <PageHeader title="Members" lead={<p>{teamLead(team.name, members.length)}</p>} />
      {others.length > 0 && (
        <p className="small">
          Other teams of yours:{" "}
          {others.map(({ slug, name }, index) => (
            <span key={slug}>
              {index > 0 && ", "}
              <Link to={`/account/members?space=${slug}`}>
                <Bidi>{name}</Bidi>
              </Link>
            </span>
          ))}
        </p>
      )}
      {invited && !refused && invites.some(({ email, noMailbox }) => email === invited && !noMailbox) && (
        <Notice role="status">
          <p>
            A mail with the invitation is on its way to <Bidi>{invited}</Bidi>.
          </p>
        </Notice>
      )}
      <Table caption="The team" hideCaption>
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">Role</th>
            <th scope="col">Since</th>
            <th scope="col">
              <span className="visually-hidden">What you can do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {members.map(({ userId, email, name, role, since, me, mine }) => (
            <tr key={userId}>
              <th scope="row">
                <Bidi>{name || email}</Bidi>
                {me && " (you)"}
                {name && (
                  <>
                    <br />
                    <span className="small">
                      <Bidi>{email}</Bidi>
                    </span>
                  </>
                )}
              </th>
              <td>{roleWords[role].name}</td>
              <td className="nowrap">
                <When at={since} zone={zone} size="day" />
              </td>
              <td className="end nowrap">
                {mine && (
                  <ButtonLink kind="quiet" to={`/account/members/${userId}?space=${team.slug}`}>
                    Change role
                  </ButtonLink>
                )}
                {(mine || me) && (
                  <ButtonLink kind="quiet" to={`/account/members/${userId}/removal?space=${team.slug}`}>
                    {me ? "Leave" : "Remove"}
                  </ButtonLink>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {invites.length > 0 && <Invites invites={invites} slug={team.slug} zone={zone} />}
      {may.length === 0 ? (
        <p className="small">Owners invite people to the team, and hosts invite moderators.</p>
      ) : (
        <section className="part" aria-labelledby="invite">
          <h2 id="invite">Invite somebody</h2>
          <Form
            // What was sent is not left in the field for a second press.
            key={invited}
            method="post"
            action={`/account/members?index&space=${team.slug}`}
            className="form"
            noValidate
          >
            <FormError problems={listProblems(refused?.problems)} />
            <TextField
              label="Their mail address"
              name="email"
              type="email"
              inputMode="email"
              autoComplete="off"
              required
              hint="They get a mail with a link. Only who signs in with this address can accept."
              error={refused?.problems.email}
              defaultValue={typedText(typed, "email")}
            />
            <Choice
              label="Role"
              name="role"
              required
              error={refused?.problems.role}
              defaultValue={typedText(typed, "role") ?? "moderator"}
              options={may.map((role) => ({
                value: role,
                label: roleWords[role].name,
                hint: roleWords[role].may,
              }))}
            />
            <p className="row">
              <SubmitButton
                kind="go"
                formAction={`/account/members?index&space=${team.slug}`}
                pending="Sending the invitation…"
              >
                Send the invitation
              </SubmitButton>
            </p>
          </Form>
        </section>
      )}
    </Page>
  );
}

function teamLead(name: string, count: number) {
  return (
    <>
      {count === 1 ? "You are" : `${count} people are`} the team of <Bidi>{name}</Bidi>.
    </>
  );
}

type InvitesProps = Pick<ReturnType<typeof useLoaderData<typeof loader>>, "invites" | "zone"> & {
  slug: string;
};

function Invites({ invites, slug, zone }: InvitesProps) {
  return (
    <Table caption="Invited, not here yet">
      <thead>
        <tr>
          <th scope="col">Address</th>
          <th scope="col">Role</th>
          <th scope="col">Mail</th>
          <th scope="col">
            <span className="visually-hidden">What you can do</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {invites.map(({ id, email, role, state, mailed, until, mayResend, noMailbox, mine }) => (
          <tr key={id}>
            <th scope="row">
              <Bidi>{email}</Bidi>
            </th>
            <td>{roleWords[role].name}</td>
            <td className={noMailbox ? undefined : "nowrap"}>
              {noMailbox && "comes back: this mailbox does not exist, "}
              {state === "expired"
                ? "ran out "
                : noMailbox
                  ? "good until "
                  : mailed
                    ? "sent, good until "
                    : "on its way, good until "}
              <When at={until} zone={zone} size="day" />
            </td>
            <td className="end">
              {mine && (
                <div className="row">
                  {mayResend && (
                    <InviteButton
                      path={`${id}/letter?space=${slug}`}
                      pending="Sending it…"
                      label="Send again"
                    />
                  )}
                  <InviteButton
                    path={`${id}/revocation?space=${slug}`}
                    pending="Taking it back…"
                    label="Take back"
                  />
                </div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function InviteButton({ path, pending, label }: { path: string; pending: string; label: string }) {
  const action = `/account/members/invites/${path}`;
  return (
    <Form method="post" action={action}>
      <SubmitButton kind="quiet" formAction={action} pending={pending}>
        {label}
      </SubmitButton>
    </Form>
  );
}

export { FailureBoundary as ErrorBoundary } from "../components/failure.tsx";
