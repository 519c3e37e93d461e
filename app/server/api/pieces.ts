import { z } from "zod";
import { emailAddress, isId, oneLine, severalLines } from "#app/domain/text.ts";

export const id = z.uuid();

/** The rules of a form's field for a text that has to be there: a form's own fields take its absence for nothing typed. */
const sent = (most: number) =>
  z
    .string()
    .max(most)
    .transform((typed): string | undefined => typed);
export const line = (most: number, what: string, least = 1) =>
  sent(10_000).pipe(oneLine({ most, least, what }));
export const text = (most: number, what: string) => sent(100_000).pipe(severalLines({ most, what }));
export const email = sent(1000).pipe(emailAddress);

const noInstant = "This is not an instant. It looks like 2027-03-28T19:30:00Z.";

/** An instant by ISO 8601, with its offset. */
export const instant = z.iso
  .datetime({ offset: true, error: noInstant })
  // What is no instant has its own sentence.
  .refine(
    (typed) => Number.isNaN(Date.parse(typed)) || /^2\d{3}-/.test(typed),
    "The year must be from 2000 to 2999.",
  )
  .transform((typed) => new Date(typed).toISOString())
  .meta({ example: "2027-03-28T19:30:00Z" });

/** The same in answers, always in UTC. */
export const instantOut = z.iso.datetime().meta({ example: "2027-03-28T19:30:00.000Z" });

export const zone = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: "A time zone of the IANA's list.", example: "Europe/Berlin" });

export const mostItems = 100;

/** The parameters of every list: how many, and from where on. */
export const paging = {
  limit: z
    .string()
    .default("20")
    .refine((typed) => /^\d{1,3}$/.test(typed) && Number(typed) >= 1 && Number(typed) <= mostItems, {
      error: `The limit is a whole number from 1 to ${mostItems}.`,
    })
    .transform(Number)
    .meta({ description: `How many at most, 1 to ${mostItems}; 20 unless said otherwise.`, example: "20" }),
  cursor: z
    .string()
    .transform((typed, refinement) => {
      const read = readCursor(typed);
      if (read) return read;
      refinement.addIssue({
        code: "custom",
        message: "This cursor is not one of ours. Take `next_cursor` of a list.",
      });
      return z.NEVER;
    })
    .optional()
    .meta({ description: "`next_cursor` of the list before: what comes after it." }),
};

/** The place in a list, newest first: the last id that was given. */
const writeCursor = (lastId: string) => Buffer.from(lastId.replaceAll("-", ""), "hex").toString("base64url");

function readCursor(cursor: string): string | undefined {
  if (!/^[\w-]{22}$/.test(cursor)) return undefined;
  const hex = Buffer.from(cursor, "base64url").toString("hex");
  const read = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return isId(read) && writeCursor(read) === cursor ? read : undefined;
}

/** The answer of a list, from one more row than was asked for. */
export function pageOf<Row extends { id: string }, Item>(
  rows: Row[],
  limit: number,
  toItem: (row: Row) => Item,
): { items: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(toItem), next_cursor: last ? writeCursor(last.id) : null };
}

export const listOf = (item: z.ZodType) =>
  z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().meta({ description: "Null at the end of the list." }),
  });
