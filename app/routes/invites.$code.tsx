import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { type ShouldRevalidateFunction, useActionData, useLoaderData } from "@remix-run/react";
import { FailureBoundary } from "#app/components/failure.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { PassInvitation } from "#app/components/pass-invitation.tsx";
import { TeamInvitation } from "#app/components/team-invitation.tsx";
import type { Invitation } from "#app/domain/pass-links/invitation.ts";
import { findTaker, takeByLink } from "#app/domain/pass-links/taking.ts";
import { invitationWords } from "#app/domain/pass-links/words.ts";
import { takeFrom } from "#app/domain/people/limits.ts";
import { acceptInvite, type Invite } from "#app/domain/teams/invites.ts";
import { findTeamRole } from "#app/domain/teams/members.ts";
import { roleWords } from "#app/domain/teams/rights.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { listProblems, problem, refuse } from "#app/http/forms.ts";
import { requireInvitation } from "#app/http/invitations.ts";
import { signInPath } from "#app/http/return-to.ts";
import { requireViewer } from "#app/http/viewer.ts";
import { waitInWords } from "#app/http/wait.ts";

export const meta: MetaFunction<typeof loader> = ({ data: invitation, error }) =>
  pageTitle(invitation?.title, error);

/** A refusal, too, means that the page is not as it was: by default only what was done reads it again. */
export const shouldRevalidate: ShouldRevalidateFunction = ({ actionStatus, defaultShouldRevalidate }) =>
  actionStatus !== undefined || defaultShouldRevalidate;

export async function loader(args: LoaderFunctionArgs) {
  const { kind, invite } = await requireInvitation(args);
  const viewer = await args.context.viewer();
  const reader = {
    signedInAs: viewer?.email ?? null,
    signIn: signInPath(`/invites/${args.params.code}`),
    zone: readTimeZone(args.request, viewer?.timeZone),
  };
  return kind === "team" ? teamPage(args, invite, reader) : passPage(args, invite, reader);
}

type Reader = { signedInAs: string | null; signIn: string; zone: string | null };

async function teamPage({ context }: LoaderFunctionArgs, invite: Invite, reader: Reader) {
  const { spaceId, slug, spaceName: space, email, role, invitedBy, expiresAt } = invite;
  const viewer = await context.viewer();
  const member = viewer && (await findTeamRole(context.db, { userId: viewer.userId, spaceId }));
  const state = member ? "member" : invite.state;
  return {
    kind: "team" as const,
    title: `Invitation to ${space}`,
    page: {
      ...{ ...reader, space, email, invitedBy },
      role: roleWords[role],
      until: expiresAt.toISOString(),
      closed: state === "open" ? null : closed[state],
      streams: member ? `/account/streams?space=${slug}` : null,
    },
  };
}

async function passPage({ context }: LoaderFunctionArgs, invite: Invitation, reader: Reader) {
  const { linkId, invitedBy, endsAt, passName, passSlug, spaceName, spaceSlug, retired, over } = invite;
  const { term, termDays, termMonths, termUntil, termTimeZone, atExpiry, devices, experiences } = invite;
  const viewer = await context.viewer();
  const state = viewer
    ? await findTaker(context.db, { linkId, userId: viewer.userId })
    : retired
      ? "retired"
      : over
        ? "over"
        : invite.state;
  const { signIn, ...read } = reader;
  return {
    kind: "pass" as const,
    title: passName,
    page: {
      ...read,
      pass: {
        ...{ name: passName, term, termDays, termMonths, termTimeZone, atExpiry, devices, experiences },
        termUntil: termUntil?.toISOString() ?? null,
      },
      space: spaceName,
      invitedBy,
      until: endsAt?.toISOString() ?? null,
      closed: state === "open" ? null : invitationWords[state],
      held: state === "held",
      paths: { signIn, pass: `/${spaceSlug}/passes/${passSlug}` },
    },
  };
}

/** Joins the team, or takes the pass. Opening the page does neither: scanners of mails follow links. */
export async function action(args: ActionFunctionArgs) {
  const { kind, invite } = await requireInvitation(args);
  return kind === "team" ? joinTeam(args, invite) : takePass(args, invite);
}

async function joinTeam(args: ActionFunctionArgs, { id: inviteId }: Invite) {
  const { userId, email } = await requireViewer(args);
  const { db, log, requestId } = args.context;
  const accepted = await acceptInvite(db, { inviteId, userId, email });
  if (!accepted) throw data({ message: "There is no such invitation." }, { status: 404 });
  if (accepted.ok) {
    const { spaceId, slug } = accepted;
    log.info({ event: "team.joined", requestId, userId, spaceId, inviteId }, "joined a team");
    return redirect(`/account/streams?space=${slug}`, 303);
  }
  log.warn(
    { event: "team.not_joined", requestId, userId, inviteId, reason: accepted.reason },
    "invitation refused",
  );
  if (accepted.reason === "another_address")
    return refuse(
      problem("accept", "This invitation is for another address than the one you are signed in with.", {}),
      403,
    );
  return refuse(problem("accept", closed[accepted.reason].lead, {}), 410);
}

async function takePass(args: ActionFunctionArgs, { linkId, passId, spaceSlug, passSlug }: Invitation) {
  const { userId } = await requireViewer(args);
  const { db, queue, log, requestId } = args.context;
  const turn = await takeFrom(db, "links.person", userId);
  if (!turn.ok)
    return refuse(problem("", `That was too often. Try again ${waitInWords(turn.waitSeconds)}.`, {}), 429);
  const taken = await takeByLink(db, queue, { linkId, userId });
  const ids = { requestId, userId, passId, linkId };
  if (taken.ok) {
    log.info({ event: "pass.link_taken", ...ids, isNew: taken.isNew }, "took a pass by a link");
    // Whoever had it reads that here.
    return redirect(taken.isNew ? `/${spaceSlug}/passes/${passSlug}` : `/invites/${args.params.code}`, 303);
  }
  log.warn({ event: "pass.link_refused", ...ids, reason: taken.reason }, "link of a pass refused");
  const { title, lead } = invitationWords[taken.reason];
  const dead = taken.reason === "expired" || taken.reason === "revoked" || taken.reason === "spent";
  return refuse(problem("", `${title}. ${lead}`, {}), dead ? 410 : 409);
}

const closed = {
  expired: { title: "This invitation has run out", lead: "Ask whoever invited you to send it again." },
  revoked: { title: "This invitation was taken back", lead: "Ask whoever invited you if that was meant." },
  accepted: { title: "This invitation was used", lead: "It worked once. Ask for a new one if you need it." },
  retired: { title: "This space has closed", lead: "There is no team to join any more." },
  member: { title: "You are in the team", lead: "There is nothing left to accept." },
};

export default function InvitationPage() {
  const invitation = useLoaderData<typeof loader>();
  const problems = useActionData<typeof action>()?.problems;
  if (invitation.kind === "team")
    return <TeamInvitation {...invitation.page} problems={listProblems(problems)} />;
  return <PassInvitation {...invitation.page} said={problems?.[""]?.[0]} />;
}

export { FailureBoundary as ErrorBoundary };
