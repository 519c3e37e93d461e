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

/** A new end: none, or a day and time in a zone, read as the instant `endsAt` (ISO; null for no end). */
export const endForm = z
  .object({
    end: z.enum(["none", "date"], "Choose whether it has an end."),
    date: typed,
    time: typed,
    timeZone: typed,
    reason,
  })
  .transform(({ end, date, time, timeZone, reason }, refinement) => {
    const wrong = (path: string, message: string) => {
      refinement.addIssue({ code: "custom", path: [path], message });
      return z.NEVER;
    };
    if (end === "none") return { endsAt: null, reason };
    const zone = normalizeZone(timeZone);
    if (!zone) return wrong("timeZone", zoneUnknown);
    if (!date) return wrong("date", "Choose the last day.");
    const read = readInstant(date, time || "23:59", zone);
    return read.ok ? { endsAt: read.at, reason } : wrong("date", read.sentence);
  });
