import { pipeline, Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { CsvError, parse } from "csv-parse";
import { Temporal } from "temporal-polyfill";
import { readInstant } from "../passes/terms.ts";
import { emailAddress } from "../text.ts";
import { type Columns, csvOptions } from "./columns.ts";
import { type Encoding, readText, type Source } from "./encoding.ts";
import type { LineProblem } from "./words.ts";

/** One line of a list: what was typed, what it means, and what is wrong with it by itself. */
export type ReadLine = {
  /** Of the file, from 1: where it begins. */
  number: number;
  email: string;
  ends: string;
  address: string | null;
  /** An instant (ISO); null: the term of the pass. */
  endsAt: string | null;
  problem: LineProblem | null;
};

/** A line that cannot be told from the next: a quotation mark opens a field there and nothing closes it. */
export type Unclosed = { unclosed: number };
/** A line that is longer than any of a list, or has more fields. */
export type Endless = { endless: number };

/** More than any line of a list of people needs; a quotation mark that is never closed ends here. */
const mostOfLine = 100_000;
/** Empty fields have no length. */
const mostFields = 5_000;
const mostTyped = 300;
/** Then others have their turn. */
const linesInOneGo = 50;

type Format = {
  encoding: Encoding;
  separator: string;
  columns: Columns;
  firstLine: number;
  timeZone: string;
};

/**
 * The lines of a list below its names, read a piece at a time; days are read on the clocks of `timeZone`. Ends with
 * `unclosed`, and the line where it opens, where a quotation mark is never closed, and with `endless` at a line that is too
 * long to be one.
 */
export async function* readLines(
  open: Source,
  format: Format,
): AsyncGenerator<ReadLine | Unclosed | Endless> {
  const { encoding, separator, columns, firstLine, timeZone } = format;
  // The last line that is whole: the parser itself only tells where it gave up.
  let whole = { lines: 0, empty_lines: 0 };
  const parser = parse({
    ...csvOptions,
    delimiter: separator,
    from_line: firstLine,
    info: true,
    max_record_size: mostOfLine,
    on_record(record: string[], { lines, empty_lines }) {
      whole = { lines, empty_lines };
      return record;
    },
  });
  // An error of either ends it; the loop below hears of it.
  pipeline(Readable.from(untilTooWide(readText(open, encoding), parser)), parser, () => {});
  const readEnds = rememberEnds(timeZone);
  let named = false;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      const number = info.lines - lineFeedsIn(record);
      if (named) yield lineOf(record, { number, columns, readEnds });
      named = true;
      // A piece of a file is hundreds of lines, which would otherwise be read in one go.
      if (info.records % linesInOneGo === 0) await setImmediate();
    }
  } catch (error) {
    if (error instanceof TooWide) return yield { endless: whole.lines + 1 };
    if (!(error instanceof CsvError)) throw error;
    const empty = Number(error.empty_lines ?? 0) - whole.empty_lines;
    const line = whole.lines + Math.max(0, empty) + 1;
    yield error.code === "CSV_QUOTE_NOT_CLOSED" ? { unclosed: line } : { endless: line };
  }
}

class TooWide extends Error {}

/** The pieces of a text, until the line that is being parsed has too many fields: the parser itself has no limit of them. */
async function* untilTooWide(texts: AsyncIterable<string>, parser: object): AsyncGenerator<string> {
  // What the parser says of itself, though its types do not.
  const { state } = parser as { state: { record: unknown[] } };
  for await (const text of texts) {
    if (state.record.length > mostFields) throw new TooWide();
    yield text;
  }
}

type Parsed = { record: string[]; info: { lines: number; records: number } };

const lineFeedsIn = (record: string[]) =>
  record.reduce((sum, field) => sum + (field.match(/\n/g)?.length ?? 0), 0);

type Ends = { ok: true; endsAt: string | null } | { ok: false };

function lineOf(
  record: string[],
  { number, columns, readEnds }: { number: number; columns: Columns; readEnds: (typed: string) => Ends },
): ReadLine {
  const fieldAt = (at: number) => withoutMark(record[at] ?? "");
  const [email, ends] = [fieldAt(columns.email), fieldAt(columns.ends)];
  const typed = { number, email: cut(email), ends: cut(ends) };
  const read = readAddress(email);
  if ("problem" in read) return { ...typed, address: null, endsAt: null, problem: read.problem };
  const end = readEnds(ends);
  if (!end.ok) return { ...typed, address: read.address, endsAt: null, problem: "end" };
  return { ...typed, address: read.address, endsAt: end.endsAt, problem: null };
}

/** Our own file of lines with a problem marks what a table program would take for a formula; it may come back mended. */
const withoutMark = (text: string) => text.replace(/^'(?=[=+\-@\t\r＝＋－＠])/u, "");

const cut = (text: string) =>
  text.length > mostTyped ? `${text.slice(0, mostTyped).toWellFormed()}…` : text;

/** By the rules of the form for one person, but for line breaks: there they cannot be typed. */
function readAddress(typed: string): { address: string } | { problem: LineProblem } {
  if (typed.trim() === "") return { problem: "no_address" };
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(typed)) return { problem: "address_sign" };
  // Nothing so long is looked at letter by letter.
  if (typed.length > 1000) return { problem: "address_long" };
  const read = emailAddress.safeParse(typed);
  if (read.success) return { address: read.data };
  return { problem: typed.trim().length > 254 ? "address_long" : "address" };
}

const written = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/** An end as it is typed: a day, to its end; a day and a time; or an instant of ISO 8601, whatever the zone. */
function readEnd(typed: string, timeZone: string): Ends {
  const text = typed.trim();
  if (text === "") return { ok: true, endsAt: null };
  const [, day, time, offset] = written.exec(text) ?? [];
  if (!day || (offset && !time)) return { ok: false };
  // The same bounds for what comes with its own offset.
  const read = readInstant(day, time ?? "23:59", offset ? "UTC" : timeZone);
  if (!read.ok) return { ok: false };
  if (!offset) return { ok: true, endsAt: read.at };
  try {
    return { ok: true, endsAt: Temporal.Instant.from(text.toUpperCase().replace(" ", "T")).toString() };
  } catch {
    return { ok: false };
  }
}

const mostRemembered = 1000;

/** Most lines of a list have one of a few ends, and the calendar of a zone is slow to ask. */
function rememberEnds(timeZone: string): (typed: string) => Ends {
  const known = new Map<string, Ends>();
  return (typed) => {
    const found = known.get(typed);
    if (found) return found;
    const read = typed.length > 100 ? { ok: false as const } : readEnd(typed, timeZone);
    if (known.size < mostRemembered) known.set(typed, read);
    return read;
  };
}
