import { expect, test } from "vitest";
import type { AccessGrantStatus } from "#db/types.ts";
import { type GrantMove, mayMoveGrant } from "./moves.ts";

test.each<[AccessGrantStatus, GrantMove[]]>([
  ["active", ["expire", "end", "cancel", "refund"]],
  ["expired", ["end", "cancel", "refund"]],
  ["cancelled", ["refund", "restore"]],
  ["refunded", ["restore"]],
])("a grant that is %s can only %j", (status, moves) => {
  const all: GrantMove[] = ["expire", "end", "cancel", "refund", "restore"];
  expect(all.filter((move) => mayMoveGrant(move, status))).toEqual(moves);
});
