import type { Readable } from "node:stream";
import { writeCsv } from "../csv.ts";
import type { ImportLine } from "./lists.ts";

const columns = ["email", "ends_at", "line", "problem"] as const;

/**
 * The lines of an import that were left out, as a file to put right and send again: its columns are those that we read,
 * and two that say what was wrong.
 */
export function writeRefusedCsv(lines: AsyncIterable<ImportLine>): Readable {
  return writeCsv(columns, rowsOf(lines));
}

async function* rowsOf(lines: AsyncIterable<ImportLine>) {
  for await (const { email, ends, number, problem } of lines)
    yield { email, ends_at: ends, line: String(number), problem: problem ?? "" };
}
