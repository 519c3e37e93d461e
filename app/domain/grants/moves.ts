import type { AccessGrantStatus } from "#db/types.ts";

/**
 * The allowed moves of a grant, each made by one guarded statement. What has run out can still be taken back: with a
 * pass that says `finish` its holder may be watching to the stream's end.
 */
export const grantMoves = {
  expire: { from: ["active"], to: "expired" },
  cancel: { from: ["active", "expired"], to: "cancelled" },
  refund: { from: ["active", "expired", "cancelled"], to: "refunded" },
} as const satisfies Record<string, { from: readonly AccessGrantStatus[]; to: AccessGrantStatus }>;

export type GrantMove = keyof typeof grantMoves;

export const mayMoveGrant = (move: GrantMove, status: AccessGrantStatus): boolean =>
  (grantMoves[move].from as readonly AccessGrantStatus[]).includes(status);
