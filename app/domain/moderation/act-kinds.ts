/** What moderators do, one row each. `kind` in the words of the log. */
export const actKinds = [
  "message_deleted",
  "message_restored",
  "messages_deleted",
  "message_pinned",
  "message_unpinned",
  "timed_out",
  "timeout_lifted",
  "banned",
  "ban_lifted",
  "slow_mode_set",
  "chat_frozen",
  "chat_unfrozen",
  "links_allowed",
  "links_forbidden",
  "words_changed",
  "report_dismissed",
] as const;
export type ActKind = (typeof actKinds)[number];

export const isActKind = (kind: string): kind is ActKind => (actKinds as readonly string[]).includes(kind);
