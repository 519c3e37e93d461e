import type { AccessGrantStatus } from "#db/types.ts";

/** The status of a grant in a word or two. */
export function grantWords({ status, started }: { status: AccessGrantStatus; started: boolean }): string {
  if (status === "active") return started ? "Active" : "Not begun";
  return { expired: "Run out", cancelled: "Taken back", refunded: "Refunded" }[status];
}
