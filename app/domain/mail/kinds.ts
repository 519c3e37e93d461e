import type { MailKind } from "#db/types.ts";

/** What a person can switch off by itself: kinds that belong together are one. */
export const mailChoices = [
  "coming",
  "reminder",
  "live",
  "change",
  "replay",
  "access",
  "new_stream",
] as const;
export type MailChoice = (typeof mailChoices)[number];

/** Under which choice each kind of mail stands. */
export const choiceOf: Record<MailKind, MailChoice> = {
  coming: "coming",
  reminder: "reminder",
  live: "live",
  moved: "change",
  cancelled: "change",
  replay: "replay",
  access_ends: "access",
  new_stream: "new_stream",
};

/** What a choice is about, as it stands in "Stop …" and on the page of choices. */
export const choiceWords: Record<MailChoice, { name: string; about: string }> = {
  coming: { name: "confirmations", about: "When you say that you are coming to a stream." },
  reminder: { name: "reminders", about: "Before a stream that you are coming to." },
  live: { name: "“live now”", about: "At the moment at which a stream that you are coming to begins." },
  change: { name: "changes", about: "When a stream that you are coming to is moved or cancelled." },
  replay: { name: "replays", about: "When the replay of a stream that you were coming to is there." },
  access: { name: "ends of passes", about: "Some days before a pass of yours runs out." },
  new_stream: { name: "new streams", about: "When a space or series that you follow schedules one." },
};

export const isMailChoice = (text: string | undefined): text is MailChoice =>
  (mailChoices as readonly (string | undefined)[]).includes(text);

/** How many minutes before a start somebody can be reminded: each is a mailing of every stream. */
export const reminderMinutes = [10_080, 2_880, 1_440, 180, 60, 30, 10] as const;

/** Where neither the host nor the person chose anything else. */
export const usualReminders: number[] = [1_440, 10];

/** "a week", "2 days", "10 minutes": how long before. */
export function minutesInWords(minutes: number): string {
  if (minutes === 10_080) return "a week";
  if (minutes % 1_440 === 0) return minutes === 1_440 ? "a day" : `${minutes / 1_440} days`;
  if (minutes % 60 === 0) return minutes === 60 ? "an hour" : `${minutes / 60} hours`;
  return `${minutes} minutes`;
}

/** Who is to be told of a new stream at all is told so long before it, unless another letter of that day went out before. */
export const newsMinutesBefore = 360;

/** A reminder that could not be sent goes out until so long after the start, and not later. */
export const graceMinutes = 15;
