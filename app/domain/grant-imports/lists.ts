import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessGrantImportLineState, AccessGrantImportStatus } from "#db/types.ts";
import { type LineProblem, problemWords } from "./words.ts";

/** How many lines of an import are in which state. */
export type LineCounts = Record<AccessGrantImportLineState, number>;

export type GrantImport = {
  id: string;
  passId: string;
  fileName: string;
  timeZone: string;
  encoding: string;
  separator: string;
  ignoredColumns: string[];
  status: Exclude<AccessGrantImportStatus, "reading">;
  madeAt: Date;
  madeBy: string;
  doneAt: Date | null;
  counts: LineCounts;
};

const importsOfPass = (passId: string, rest: ReturnType<typeof sql>) => sql<GrantImport>`
  select i.id, i.access_pass_id as "passId", i.file_name as "fileName", i.time_zone as "timeZone", i.encoding, i.separator,
    i.ignored_columns as "ignoredColumns", i.status, i.made_at as "madeAt", u.email as "madeBy", i.done_at as "doneAt",
    json_build_object('wanted', i.wanted_lines, 'added', i.added_lines, 'held', i.held_lines,
      'repeated', i.repeated_lines, 'refused', i.refused_lines) as counts
  from access_grant_imports i join users u on u.id = i.made_by
  where i.access_pass_id = ${passId} and i.status <> 'reading' ${rest}
`;

/** The imports of a pass, newest first, at most `limit`: those that were read to their end. */
export async function listImports(
  db: Db,
  { passId, limit }: { passId: string; limit: number },
): Promise<GrantImport[]> {
  const { rows } = await importsOfPass(passId, sql`order by i.id desc limit ${limit}`).execute(db);
  return rows;
}

/** One import of this pass. */
export async function findImport(
  db: Db,
  { passId, importId }: { passId: string; importId: string },
): Promise<GrantImport | undefined> {
  const { rows } = await importsOfPass(passId, sql`and i.id = ${importId}`).execute(db);
  return rows[0];
}

/** A line of an import as it is shown. `problem` is a sentence. */
export type ImportLine = {
  number: number;
  email: string;
  ends: string;
  endsAt: Date | null;
  state: AccessGrantImportLineState;
  problem: string | null;
  otherNumber: number | null;
};

type LineRow = Omit<ImportLine, "problem"> & { problem: LineProblem | null };

/** Lines of an import that are in one of these states, in their order: at most `limit` of those after line `after`. */
export async function listLines(
  db: Db,
  {
    importId,
    states,
    after = 0,
    limit,
    offset = 0,
  }: {
    importId: string;
    states: readonly AccessGrantImportLineState[];
    after?: number;
    limit: number;
    offset?: number;
  },
): Promise<ImportLine[]> {
  const rows: LineRow[] = await db
    .selectFrom("access_grant_import_lines")
    .select(["number", "email", "ends", "ends_at as endsAt", "state", "other_number as otherNumber"])
    .select(sql<LineProblem | null>`problem`.as("problem"))
    .where("access_grant_import_id", "=", importId)
    .where("state", "in", states)
    .where("number", ">", after)
    .orderBy("number")
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(({ problem, ...line }) => ({
    ...line,
    problem: problem && problemWords(problem, line.otherNumber),
  }));
}

/** All lines with a problem, for a file: read in pages, so that a long list is never in memory at once. */
export async function* readRefused(db: Db, importId: string): AsyncGenerator<ImportLine> {
  for (let after = 0; ;) {
    const lines = await listLines(db, { importId, states: ["refused"], after, limit: 500 });
    yield* lines;
    const last = lines.at(-1);
    if (!last) return;
    after = last.number;
  }
}
