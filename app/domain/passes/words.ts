import type { PassRefusal } from "./passes.ts";

/** What is wrong with a pass that only the database knows: the field, and the sentence beside it. */
export const passRefusals: Record<
  Exclude<PassRefusal["reason"], "gone">,
  [field: string, sentence: string]
> = {
  past: ["untilDate", "This moment is past. Choose a later day."],
  foreign_experience: [
    "experiences",
    "One of these is not an experience of this space any more. Choose again.",
  ],
};
