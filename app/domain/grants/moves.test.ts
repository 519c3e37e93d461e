import { expect, test } from "vitest";
import type { AccessGrantStatus } from "#db/types.ts";
import { type GrantMove, mayMoveGrant } from "./moves.ts";

test.each<[AccessGrantStatus, GrantMove[]]>([
  ["active", ["expire", "cancel", "refund"]],
  ["expired", ["cancel", "refund"]],
  ["cancelled", ["refund"]],
  ["refunded", []],
])("a grant that is %s can only %j", (status, moves) => {
  const all: GrantMove[] = ["expire", "cancel", "refund"];
  expect(all.filter((move) => mayMoveGrant(move, status))).toEqual(moves);
});
