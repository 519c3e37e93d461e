import { parse } from "csv-parse/sync";
import { type Encoding, readText, type Source } from "./encoding.ts";

/** Where the columns of a list stand, from 0; `ends` is -1 in a list without one. */
export type Columns = { email: number; ends: number };

export type FoundColumns =
  | { ok: true; separator: string; columns: Columns; ignored: string[]; firstLine: number }
  | { ok: false; reason: "no_email" | "two_emails" | "two_ends" };

/** What the columns are called elsewhere, in small letters alone: "E-mail address" is `emailaddress`. */
const names: Record<keyof Columns, readonly string[]> = {
  email: ["email", "emailaddress", "mail", "mailaddress", "emails", "useremail", "contactemail"],
  ends: [
    ...["endsat", "ends", "endson", "end", "enddate", "until", "validuntil", "validto", "lastday"],
    ...["expires", "expiresat", "expireson", "expiry", "expirydate", "expirationdate", "accessuntil"],
  ],
};

export const separators = [",", ";", "\t", "|"] as const;
const headCharacters = 64 * 1024;
const mostIgnored = 50;
const mostOfName = 80;

/** What csv-parse is told of every list. Quotation marks inside a field that has none around it are letters like others. */
export const csvOptions = {
  record_delimiter: "\n",
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
  skip_records_with_empty_values: true,
};

/**
 * Which of the separators a list uses, and which of its columns are which, by the line that names them: the first one
 * that is not empty and no `sep=;`, with which one program tells another what separates. Refuses a list without a column
 * for addresses, or with two of a kind. Columns that we have no use for are named, as they are typed.
 */
export async function findColumns(open: Source, encoding: Encoding): Promise<FoundColumns> {
  const head = await readHead(open, encoding);
  const told = /^\n*sep=.\n/.exec(head)?.[0];
  const firstLine = told ? told.split("\n").length : 1;
  const readings = separators
    .map((separator) => ({ separator, typed: readNames(head, separator, firstLine) }))
    .map((reading) => ({ ...reading, places: placesOf(reading.typed) }))
    .filter(({ places }) => places.email.length > 0)
    .sort((one, other) => other.typed.length - one.typed.length);
  const [reading] = readings;
  if (!reading) return { ok: false, reason: "no_email" };
  const { separator, typed, places } = reading;
  if (places.email.length > 1) return { ok: false, reason: "two_emails" };
  if (places.ends.length > 1) return { ok: false, reason: "two_ends" };
  const columns = { email: places.email[0]!, ends: places.ends[0] ?? -1 };
  const used: number[] = Object.values(columns);
  const ignored = typed.filter((_, index) => !used.includes(index)).map(shownName);
  return {
    ...{ ok: true, separator, columns, firstLine },
    ignored: ignored.filter((name) => name !== "").slice(0, mostIgnored),
  };
}

async function readHead(open: Source, encoding: Encoding): Promise<string> {
  let head = "";
  for await (const text of readText(open, encoding)) {
    head += text;
    if (head.length >= headCharacters) break;
  }
  return head;
}

function readNames(head: string, separator: string, firstLine: number): string[] {
  try {
    const options = { ...csvOptions, delimiter: separator, from_line: firstLine, to: 1 };
    return (parse(head, options) as string[][])[0] ?? [];
  } catch {
    // No line of names ends within it.
    return [];
  }
}

function placesOf(typed: string[]): Record<keyof Columns, number[]> {
  const plain = typed.map((name) =>
    name
      .normalize("NFKC")
      .toLowerCase()
      .replaceAll(/[^\p{L}]/gu, ""),
  );
  const find = (known: readonly string[]) =>
    plain.flatMap((name, index) => (known.includes(name) ? [index] : []));
  return { email: find(names.email), ends: find(names.ends) };
}

const shownName = (name: string) =>
  [
    ...name
      .normalize("NFC")
      .replaceAll(/[\s\p{Cc}]+/gu, " ")
      .trim(),
  ]
    .slice(0, mostOfName)
    .join("");
