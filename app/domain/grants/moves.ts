import type { AccessGrantStatus } from "#db/types.ts";

/**
 * The allowed moves of a grant, each made by one guarded statement. What has run out can still be taken back: with a
 * pass that says `finish` its holder may be watching to the stream's end. A new end (`end`) also makes active again what
 * has run out; what was taken back or refunded has to be restored first.
 */
export const grantMoves = {
  expire: { from: ["active"], to: "expired" },
  end: { from: ["active", "expired"], to: "active" },
  cancel: { from: ["active", "expired"], to: "cancelled" },
  refund: { from: ["active", "expired", "cancelled"], to: "refunded" },
  restore: { from: ["cancelled", "refunded"], to: "active" },
} as const satisfies Record<string, { from: readonly AccessGrantStatus[]; to: AccessGrantStatus }>;

export type GrantMove = keyof typeof grantMoves;

export const mayMoveGrant = (move: GrantMove, status: AccessGrantStatus): boolean =>
  (grantMoves[move].from as readonly AccessGrantStatus[]).includes(status);
