import { stringify } from "csv-stringify";
import { pipeline, Readable } from "node:stream";

/**
 * A CSV file (RFC 4180) with the names of its columns in the first line. What people wrote is their own words: what a
 * spreadsheet would take for a formula begins with an apostrophe (ASVS 1.2.10).
 */
export function writeCsv<Column extends string>(
  columns: readonly Column[],
  lines: AsyncIterable<Record<Column, string>>,
): Readable {
  const out = stringify({
    header: true,
    columns: [...columns],
    escape_formulas: true,
    record_delimiter: "windows",
    // By itself it only looks for its own line ends, and readers take each of both for one.
    quoted_match: /[\r\n]/,
  });
  // An error of either ends the file; whoever reads it sees that it is not whole.
  pipeline(Readable.from(lines), out, () => {});
  return out;
}
