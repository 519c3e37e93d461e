import type { AccessGrantEventKind, AccessGrantSource, AccessGrantStatus } from "#db/types.ts";

/** The status of a grant in a word or two. */
export function grantWords({ status, started }: { status: AccessGrantStatus; started: boolean }): string {
  if (status === "active") return started ? "Active" : "Not begun";
  return { expired: "Run out", cancelled: "Taken back", refunded: "Refunded" }[status];
}

/** How somebody came to it. */
export const sourceWords: Record<AccessGrantSource, string> = {
  claim: "Got it on its page",
  given: "Given",
  request: "Asked for it",
  link: "Took it by a link",
};

/** What happened, in the history of a grant. */
export const eventWords: Record<AccessGrantEventKind, string> = {
  claimed: "Got it on its page",
  offer_taken: "Took the seat that was kept",
  given: "Given",
  approved: "Asked for, and approved",
  link_taken: "Took it by a link",
  extended: "Extended",
  shortened: "Shortened",
  expired: "Ran out",
  cancelled: "Taken back",
  refunded: "Marked as refunded",
  restored: "Restored",
};
