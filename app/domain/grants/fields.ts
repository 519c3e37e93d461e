import { z } from "zod";
import { readInstant, zoneUnknown } from "../passes/terms.ts";
import { normalizeZone } from "../schedule/zones.ts";
import { emailAddress, oneLine } from "../text.ts";

export const giveForm = z.object({ email: emailAddress });

const mostReason = 500;
const reason = oneLine({ most: mostReason, least: 0, what: "The reason" });

/** A change that may be made without a word. */
export const reasonForm = z.object({ reason });

/** One whose holder is owed a word. */
export const reasonNeededForm = z.object({ reason: oneLine({ most: mostReason, what: "The reason" }) });

const typed = z
  .string()
  .default("")
  .transform((text) => text.trim());

/** The fields of an end; read by `readEnd`. */
export const endFields = {
  end: z.enum(["none", "date"], "Choose whether it has an end."),
  date: typed,
  time: typed,
  timeZone: typed,
};

type TypedEnd = { end: "none" | "date"; date: string; time: string; timeZone: string };
type Wrong = { addIssue(issue: { code: "custom"; path: string[]; message: string }): void };

/** An end: none, or a day and time in a zone, as an instant (ISO; null for no end). Undefined: `refinement` says why. */
export function readEnd(
  { end, date, time, timeZone }: TypedEnd,
  refinement: Wrong,
): string | null | undefined {
  const wrong = (path: string, message: string) =>
    void refinement.addIssue({ code: "custom", path: [path], message });
  if (end === "none") return null;
  const zone = normalizeZone(timeZone);
  if (!zone) return wrong("timeZone", zoneUnknown);
  if (!date) return wrong("date", "Choose the last day.");
  const read = readInstant(date, time || "23:59", zone);
  return read.ok ? read.at : wrong("date", read.sentence);
}

/** A new end, with a reason: `endsAt` is an instant (ISO; null for no end). */
export const endForm = z.object({ ...endFields, reason }).transform((typed, refinement) => {
  const endsAt = readEnd(typed, refinement);
  return endsAt === undefined ? z.NEVER : { endsAt, reason: typed.reason };
});
