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

/** The form that schedules a stream. */
export const newStreamForm = z.object({
  ...fields,
  experience: z.string().optional(),
  formKey: z.string().optional(),
});

/** The form that edits one; `version` is the edition that the editor had before them. */
export const editStreamForm = z.object({ ...fields, version: z.string().optional() });
