import type { PassRefusal } from "./passes.ts";

/** What is wrong with a pass that only the database knows: the field, and the sentence beside it. */
export const passRefusals: Record<
  Exclude<PassRefusal["reason"], "gone">,
  [field: string, sentence: string]
> = {
  past: ["untilDate", "This moment is past. Choose a later day."],
  sale_past: ["saleEndDate", "This moment is past. Choose a later day, or none."],
  unknown_zone: ["timeZone", "We cannot count months in this time zone. Choose another name of it."],
  foreign_experience: [
    "experiences",
    "One of these is not an experience of this space any more. Choose again.",
  ],
};
