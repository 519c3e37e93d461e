import { z } from "zod";
import { mostChatAfterMinutes } from "../chat/phase.ts";
import { oneLine, severalLines } from "../text.ts";

// What `readPlan` reads: whether it is there and what it means is told there, in one place.
const planned = z.string().optional();

const fields = {
  title: oneLine({ most: 120, what: "The title" }),
  description: severalLines({ most: 5000, what: "The description" }),
  day: planned,
  time: planned,
  zone: planned,
  choice: planned,
  length: planned,
  chatBefore: z.enum(["never", "then", "always"]).default("then"),
  chatAfter: z
    .string()
    .default("30")
    .transform((text) => text.trim())
    .refine(
      (text) => /^\d{1,5}$/.test(text) && Number(text) <= mostChatAfterMinutes,
      `Whole minutes, from 0 to ${mostChatAfterMinutes.toLocaleString("en-GB")} (a week).`,
    )
    .transform(Number),
};

/** What `readSeries` reads, and the dates that stood on the page when it was sent. */
const repeated = { repeats: planned, until: planned, times: planned, seen: planned };

/** The form that schedules a stream, or a series of them. */
export const newStreamForm = z.object({
  ...fields,
  ...repeated,
  experience: z.string().optional(),
  formKey: z.string().optional(),
});

/** The form that edits one; `version` is the edition that the editor had before them. */
export const editStreamForm = z.object({ ...fields, version: z.string().optional() });

/** The form that changes a stream of a series and all that follow; `edition` is what the editor had before them. */
export const followingForm = z.object({
  ...fields,
  ...repeated,
  formKey: z.string().optional(),
  edition: z.string().optional(),
  own: z.literal("change").optional(),
});
