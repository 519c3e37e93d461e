import type { EndRefusal, RestoreRefusal } from "./grants.ts";

type Said = Exclude<EndRefusal["reason"] | RestoreRefusal["reason"], "gone" | "status">;

/** Why a grant does not get another end, or is not restored: the field ("": the form as a whole), and the sentence. */
export const endRefusals: Record<Said, [field: string, sentence: string]> = {
  past: ["date", "This moment is past. Choose a later one; to end it now, take the pass back."],
  before_start: ["date", "This is before it begins. Choose a later day."],
  same: ["date", "That is its end already. Choose another one."],
  needs_end: ["date", "Its end has passed. Choose a new one."],
  held: ["", "They hold this pass already, by another grant. Change that one."],
  no_seat: [
    "",
    "No seat is free: all are held, or people wait for the next. Raise the number of seats first.",
  ],
};
