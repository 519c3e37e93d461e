import type { Response } from "express";
import { type Budget, budgetOf, takeFrom } from "#app/domain/people/limits.ts";
import type { Db } from "#db/client.ts";
import type { Problem } from "./problem.ts";

/**
 * Takes one request from a budget, and tells the caller how much of it is left
 * (draft-ietf-httpapi-ratelimit-headers). Gives the refusal when nothing is.
 */
export async function takeRequest(
  db: Db,
  response: Response,
  { budget, of, name }: { budget: Budget; of: string; name: string },
): Promise<Problem | undefined> {
  const { points, seconds } = budgetOf(budget);
  const taken = await takeFrom(db, budget, of);
  const [left, wait] = taken.ok ? [taken.left, taken.resetSeconds] : [0, taken.waitSeconds];
  response.set("RateLimit-Policy", `"${name}";q=${points};w=${seconds}`);
  response.set("RateLimit", `"${name}";r=${left};t=${wait}`);
  if (taken.ok) return undefined;
  return {
    kind: "too_many",
    detail: `There may be ${points.toLocaleString("en-GB")} requests in ${seconds} seconds. Wait ${wait} seconds.`,
    retryAfter: wait,
  };
}
