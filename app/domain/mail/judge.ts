import type { AccessDecision } from "../access/decision.ts";
import { choiceOf } from "./kinds.ts";
import type { MailedGrant, MailedStream, MailingFacts, PersonFacts } from "./facts.ts";

/** Why a mail is not sent. The words for each are in `reason-words.ts`. */
export type SkipReason =
  | "account_disabled"
  | "unsubscribed"
  | "no_mailbox"
  | "too_late"
  | "had_letter"
  | "moved"
  | "moved_back"
  | "came_after"
  | "live"
  | "ended"
  | "cancelled"
  | "not_live"
  | "not_coming"
  | "not_following"
  | "no_replay"
  | "retired"
  | "banned"
  | "access_ended"
  | "pass_changed"
  | "pass_longer"
  | "mail_server_away"
  | "refused"
  | "failed";

/**
 * Whether a mail is still right at this moment, by what the stream, the person and their access are now; null when it is,
 * else why not. `access` is the decision about the mailing's stream; without one the person has no place in it.
 */
export function whyNot(
  mailing: MailingFacts,
  person: PersonFacts,
  access: AccessDecision | undefined,
): SkipReason | null {
  if (person.disabled) return "account_disabled";
  if (person.allStopped || person.stopped.includes(choiceOf[mailing.kind])) return "unsubscribed";
  if (person.unreachable) return "no_mailbox";
  const about = mailing.grant
    ? whyNotAboutGrant(mailing, mailing.grant)
    : mailing.stream
      ? whyNotAboutStream(mailing, mailing.stream)
      : "ended";
  if (about) return about;
  if (mailing.now > mailing.expiresAt) {
    if (person.waitedFor === "mail_server_away") return "mail_server_away";
    return person.hadLetter ? "had_letter" : "too_late";
  }
  if (mailing.grant) return null;
  if (mailing.kind === "new_stream") {
    if (!person.follows) return "not_following";
    return access?.reason === "banned" ? "banned" : null;
  }
  if (!person.coming) return "not_coming";
  // What is retired is cancelled first, and whoever was coming is told.
  if (mailing.kind === "cancelled" && access?.reason === "retired") return null;
  return access ? whyNoAccess[access.reason] : null;
}

/** Who never had a pass said that they are coming, and may still get one. */
const whyNoAccess: Record<AccessDecision["reason"], SkipReason | null> = {
  team: null,
  grant: null,
  grant_not_started: null,
  no_grant: null,
  not_signed_in: null,
  grant_expired: "access_ended",
  grant_cancelled: "access_ended",
  grant_refunded: "access_ended",
  banned: "banned",
  account_disabled: "account_disabled",
  retired: "retired",
};

function whyNotAboutStream(mailing: MailingFacts, stream: MailedStream): SkipReason | null {
  const { kind, scheduleVersion } = mailing;
  const { status } = stream;
  // Nothing comes after it.
  if (kind === "cancelled") return null;
  if (status === "cancelled") return "cancelled";
  if (kind === "replay") return stream.replayShown ? null : "no_replay";
  if (status === "ended") return "ended";
  if (kind === "live") return status === "live" ? null : "not_live";
  if (status === "live") return "live";
  if (kind === "new_stream") return null;
  // What follows was made for one version of its times.
  if (scheduleVersion !== stream.scheduleVersion) return "moved";
  if (kind !== "moved") return null;
  if (!stream.formerStartsAt) return "came_after";
  if (stream.formerStartsAt.getTime() === stream.startsAt.getTime()) return "moved_back";
  return null;
}

function whyNotAboutGrant({ expiresAt }: MailingFacts, grant: MailedGrant): SkipReason | null {
  if (grant.retired) return "retired";
  if (grant.status !== "active") return "access_ended";
  if (grant.endsAt?.getTime() !== expiresAt.getTime()) return "pass_changed";
  return grant.outlasted ? "pass_longer" : null;
}
