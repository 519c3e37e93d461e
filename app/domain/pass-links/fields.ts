import { z } from "zod";
import { endFields, readEnd } from "../grants/fields.ts";
import { oneLine } from "../text.ts";

/** How many people a link may give its pass to, at most; more is without limit. */
export const mostUses = 1_000_000;

/** The form that makes a link. `mostUses`: null for as many as want to; `endsAt`: ISO, null for never. */
export const linkForm = z
  .object({
    name: oneLine({ most: 80, what: "The name" }),
    uses: z
      .string()
      .default("")
      .transform((text) => text.trim()),
    ...endFields,
    formKey: z.uuid("This form is not complete. Reload the page."),
  })
  .transform((typed, refinement) => {
    const uses = readUses(typed.uses);
    if (uses === undefined) refinement.addIssue({ code: "custom", path: ["uses"], message: usesWrong });
    const endsAt = readEnd(typed, refinement);
    if (uses === undefined || endsAt === undefined) return z.NEVER;
    return { name: typed.name, mostUses: uses, endsAt, formKey: typed.formKey };
  });

export type LinkFields = z.output<typeof linkForm>;

const usesWrong = `Type a whole number from 1 to ${mostUses.toLocaleString("en-GB")}, or leave it empty for as many as want to.`;

function readUses(typed: string): number | null | undefined {
  if (typed === "") return null;
  const number = /^\d{1,15}$/.test(typed) ? Number(typed) : NaN;
  return number >= 1 && number <= mostUses ? number : undefined;
}
