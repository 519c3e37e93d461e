import { type ActKind, actKinds, isActKind } from "#app/domain/moderation/act-kinds.ts";
import { writeLogCsv } from "#app/domain/moderation/csv.ts";
import { listActs, type LogFilter, readActs } from "#app/domain/moderation/log.ts";
import { actDetail, actWords } from "#app/domain/moderation/words.ts";
import { isAtLeast } from "#app/domain/teams/rights.ts";
import { isId } from "#app/domain/text.ts";
import type { Db } from "#db/client.ts";
import type { SpaceRole } from "#db/types.ts";
import { csvFile } from "./csv-file.ts";

const perPage = 50;

/** How far back a log can be asked for, in days. */
const logDays = new Map([
  [1, "The last day"],
  [7, "The last week"],
  [30, "The last 30 days"],
  [365, "The last year"],
]);

type Asked = { kind: ActKind | null; search: string; days: number | null };

/** What the address of a log asks for; what it does not know is left out. */
function readAsked(request: Request): Asked {
  const { searchParams } = new URL(request.url);
  const kind = searchParams.get("kind") ?? "";
  const days = Number(searchParams.get("days"));
  return {
    kind: isActKind(kind) ? kind : null,
    search: (searchParams.get("q") ?? "").replaceAll("\0", "").trim().slice(0, 100),
    days: logDays.has(days) ? days : null,
  };
}

type Of = { spaceId: string; streamId?: string; role: SpaceRole };

/** Addresses are the business of hosts and owners; moderators know people by their names. */
const filterOf = (asked: Asked, { spaceId, streamId, role }: Of): LogFilter => ({
  ...asked,
  spaceId,
  streamId,
  withMail: isAtLeast(role, "host"),
});

/** One page of a log, as its address asks for it. The caller has asked for access. */
export async function readLogPage(db: Db, request: Request, of: Of) {
  const asked = readAsked(request);
  const before = new URL(request.url).searchParams.get("before") ?? undefined;
  const place = isId(before) ? before : null;
  const { entries, more } = await listActs(db, filterOf(asked, of), { before: place, most: perPage });
  return {
    asked,
    first: place === null,
    older: more ? (entries.at(-1)?.id ?? null) : null,
    kinds: actKinds.map((kind) => ({ value: kind, label: actWords[kind] })),
    times: [...logDays].map(([days, label]) => ({ value: String(days), label })),
    entries: entries.map((entry) => {
      const { id, at, kind, actor, target, stream, reason, until, enforcedAt, outcome } = entry;
      return {
        ...{ id, actor, target, stream, reason, outcome },
        at: at.toISOString(),
        what: actWords[kind],
        detail: actDetail(entry),
        until: until?.toISOString() ?? null,
        done: enforcedAt !== null,
      };
    }),
  };
}

/** The whole of what a log's address asks for, as a file. The caller has asked for access. */
export function logFile(db: Db, request: Request, of: Of): Response {
  return csvFile(writeLogCsv(readActs(db, filterOf(readAsked(request), of))), "moderation.csv");
}
