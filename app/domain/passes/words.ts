import type { AccessPassRequestStatus } from "#db/types.ts";
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

/** What became of a request, in the list of the team. */
export const requestWords: Record<AccessPassRequestStatus, string> = {
  asked: "No answer yet",
  approved: "Approved",
  declined: "Declined",
  withdrawn: "Taken back by them",
  closed: "Pass no longer given",
};
