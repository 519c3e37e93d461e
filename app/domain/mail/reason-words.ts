import type { SkipReason } from "./judge.ts";

/** Why mails of a stream were skipped, as its creator reads it. */
export const reasonWords: Record<SkipReason, string> = {
  account_disabled: "Their account is switched off.",
  unsubscribed: "They have unsubscribed from this kind of mail.",
  no_mailbox: "Their mailbox does not exist: an earlier mail came back.",
  too_late: "It was too late for it.",
  had_letter: "They had had their one mail of that day about new streams.",
  moved: "The stream was moved before it was sent.",
  moved_back: "The stream was moved back before they were told.",
  came_after: "They said that they are coming when it had been moved.",
  live: "The stream was live already.",
  ended: "The stream had ended.",
  cancelled: "The stream was cancelled.",
  not_live: "The stream was not live any more.",
  not_coming: "They said that they are not coming after all.",
  not_following: "They do not follow any more.",
  no_replay: "The replay was hidden or deleted.",
  retired: "The experience or the space was retired.",
  banned: "They are banned.",
  access_ended: "Their access has ended, or was paid back.",
  pass_changed: "Their pass got another end.",
  pass_longer: "They hold what it opens for longer, by another pass.",
  mail_server_away: "The mail server took nothing until it was too late.",
  refused: "The mail server refused it.",
  failed: "Something went wrong on our side, until it was too late.",
};

/** The words for what a row says; what an older version wrote stands for itself. */
export const skippedInWords = (reason: string): string =>
  (reasonWords as Record<string, string | undefined>)[reason] ?? "It was not sent.";
