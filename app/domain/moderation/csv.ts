import { stringify } from "csv-stringify";
import { pipeline, Readable } from "node:stream";
import type { LogEntry } from "./log.ts";
import { actDetail, actWords } from "./words.ts";

const columns = [
  "time",
  "act",
  "detail",
  "by",
  "by_address",
  "to",
  "to_address",
  "stream",
  "reason",
  "until",
  "enforced",
  "outcome",
] as const;

/**
 * A log of moderation as a CSV file (RFC 4180), a line an act, times in UTC (ISO 8601). People's names, reasons and titles are
 * their own words: what a spreadsheet would take for a formula begins with an apostrophe (ASVS 1.2.10).
 */
export function writeLogCsv(entries: AsyncIterable<LogEntry>): Readable {
  const out = stringify({
    header: true,
    columns: [...columns],
    escape_formulas: true,
    record_delimiter: "windows",
  });
  // An error of either ends the file; whoever reads it sees that it is not whole.
  pipeline(Readable.from(linesOf(entries)), out, () => {});
  return out;
}

async function* linesOf(entries: AsyncIterable<LogEntry>) {
  for await (const entry of entries) yield lineOf(entry);
}

function lineOf(entry: LogEntry): Record<(typeof columns)[number], string> {
  const { at, kind, actor, target, stream, reason, until, enforcedAt, outcome } = entry;
  return {
    time: at.toISOString(),
    act: actWords[kind],
    detail: actDetail(entry),
    by: actor.name,
    by_address: actor.email ?? "",
    to: target?.name ?? "",
    to_address: target?.email ?? "",
    stream: stream?.title ?? "",
    reason,
    until: until?.toISOString() ?? "",
    enforced: enforcedAt?.toISOString() ?? "",
    outcome,
  };
}
