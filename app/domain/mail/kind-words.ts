import type { MailKind } from "#db/types.ts";
import { minutesInWords } from "./kinds.ts";

const names: Record<MailKind, string> = {
  coming: "Confirmation for who is coming",
  reminder: "Reminder",
  live: "Live now, to who chose it",
  moved: "Moved",
  cancelled: "Cancelled",
  replay: "Replay ready",
  access_ends: "Pass ends soon",
  new_stream: "New stream, to who follows",
};

/** What a mailing is, as its stream's team reads it. */
export const mailingInWords = (kind: MailKind, minutesBefore: number): string =>
  kind === "reminder" ? `Reminder, ${minutesInWords(minutesBefore)} before` : names[kind];
