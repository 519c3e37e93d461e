import { isolate } from "./words.ts";

type Words = {
  spaceName: string;
  days: number;
  /** For so many days after it was deleted one can be restored. */
  restorableDays: number;
  recordings: { title: string; recordedAt: Date; endsAt: Date; page: string }[];
  rulePage: string;
};

/** The letter to the owners of a space: which recordings its rule will delete, and what they can do about it. */
export function recordingsOldLetter({ spaceName, days, restorableDays, recordings, rulePage }: Words): {
  subject: string;
  text: string;
} {
  const space = isolate(spaceName);
  const many = recordings.length === 1 ? "One recording" : `${recordings.length} recordings`;
  const list = recordings.map(
    ({ title, recordedAt, endsAt, page }) =>
      `  - ${isolate(title)}, of ${day(recordedAt)}: deleted on ${day(endsAt)}\n    ${page}`,
  );
  return {
    subject: `${many} of ${spaceName} will be deleted`,
    text: `${space} keeps its recordings for ${days} days. These are that old, or will be soon, and will be deleted:

${list.join("\n")}

Days are those of UTC.

If you want one of them, press "Keep it" on its page before, or download it there. For ${restorableDays} days after it was
deleted you can still restore it there, and it is kept then. To keep all of them, or to keep them longer, change the rule of
the space:
${rulePage}

This goes to all owners of ${space}.

Frontrow
`,
  };
}

const day = (instant: Date) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", dateStyle: "long" }).format(instant);
