import { z } from "zod";
import type { AccessGrantSource } from "#db/types.ts";
import { oneLine } from "../text.ts";
import { sourceWords } from "./words.ts";

/** What lists of grants can be narrowed to; `ends_soon` are active ones that end within seven days, the next first. */
export const grantStates = ["active", "ends_soon", "ended", "cancelled", "refunded"] as const;
export type GrantState = (typeof grantStates)[number];

export const stateChoices: Record<GrantState, string> = {
  active: "Active",
  ends_soon: "Ends within 7 days",
  ended: "Run out",
  cancelled: "Taken back",
  refunded: "Refunded",
};

const notThere = "This is not one of the choices.";

/** The form above a list of grants. */
export const grantSearchForm = z.object({
  q: oneLine({ most: 100, least: 0, what: "What you look for" }),
  state: z.enum(grantStates, notThere).optional(),
  source: z.enum(Object.keys(sourceWords) as AccessGrantSource[], notThere).optional(),
});
