import type { Readable } from "node:stream";
import { writeCsv } from "../csv.ts";
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

/** A log of moderation as a CSV file, a line an act, times in UTC (ISO 8601). */
export function writeLogCsv(entries: AsyncIterable<LogEntry>): Readable {
  return writeCsv(columns, linesOf(entries));
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
