import type { ActKind } from "./act-kinds.ts";

/** Each kind of act, as the log and its filter call it. */
export const actWords: Record<ActKind, string> = {
  message_deleted: "Deleted a message",
  message_restored: "Brought a message back",
  messages_deleted: "Deleted all messages of a person",
  message_pinned: "Pinned a message",
  message_unpinned: "Took a pin off",
  timed_out: "Timed out",
  timeout_lifted: "Ended a time-out",
  banned: "Banned",
  ban_lifted: "Lifted a ban",
  slow_mode_set: "Set slow mode",
  chat_frozen: "Froze the chat",
  chat_unfrozen: "Unfroze the chat",
  links_allowed: "Let everybody send links",
  links_forbidden: "Kept links to the team",
  words_changed: "Changed the blocked words",
  report_dismissed: "Dismissed reports",
};

type Told = {
  kind: ActKind;
  messageNumber: number | null;
  details: Record<string, unknown>;
};

/** What is particular to one act, in a few words; empty where its kind says all. */
export function actDetail({ kind, messageNumber, details }: Told): string {
  const number = (name: string) => (typeof details[name] === "number" ? details[name] : null);
  const message = messageNumber === null ? "" : `message ${messageNumber}`;
  switch (kind) {
    case "messages_deleted":
      return counted(number("count"), "message");
    case "timed_out":
      return `for ${counted(number("minutes"), "minute")}`;
    case "banned": {
      const days = number("days");
      return `${scopeWords(details.scope)}, ${days === null ? "for good" : `for ${counted(days, "day")}`}`;
    }
    case "ban_lifted":
      return scopeWords(details.scope);
    case "slow_mode_set": {
      const seconds = number("seconds");
      return seconds ? `one message every ${seconds} s` : "off";
    }
    case "words_changed":
      return `${counted(number("added"), "line")} more, ${number("removed") ?? 0} fewer`;
    case "report_dismissed":
      return [counted(number("reports"), "report"), message].filter(Boolean).join(", ");
    default:
      return message;
  }
}

const scopeWords = (scope: unknown) => (scope === "space" ? "from the whole space" : "from this stream");

const counted = (count: number | null, what: string) => `${count ?? 0} ${what}${count === 1 ? "" : "s"}`;
