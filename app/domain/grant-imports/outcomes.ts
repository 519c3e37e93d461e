import { sql, type Transaction } from "kysely";
import type { Database } from "#db/client.ts";
import type { LineProblem } from "./words.ts";

type Trx = Transaction<Database>;

/** A line whose turn it is. `endsAt` is as the database writes it. */
export type Line = { number: number; address: string; endsAt: string | null; past: boolean };

/** What became of a line. */
export type Outcome = { number: number; state: "added" | "held" | "refused"; problem: LineProblem | null };

/** The next lines of an import, in their order, at most `most`. */
export async function listWanted(
  trx: Trx,
  { importId, most }: { importId: string; most: number },
): Promise<Line[]> {
  const { rows } = await sql<Line>`
    select number, address, ends_at::text as "endsAt", coalesce(ends_at <= now(), false) as past
    from access_grant_import_lines
    where access_grant_import_id = ${importId} and state = 'wanted' order by number limit ${most}
  `.execute(trx);
  return rows;
}

/** Writes down what became of lines, and that the import goes on. */
export async function writeOutcomes(trx: Trx, importId: string, outcomes: Outcome[]): Promise<void> {
  await sql`
    update access_grant_import_lines l set state = o.state, problem = o.problem
    from unnest(
      ${outcomes.map(({ number }) => number)}::int[],
      ${outcomes.map(({ state }) => state)}::access_grant_import_line_state[],
      ${outcomes.map(({ problem }) => problem)}::text[]
    ) as o (number, state, problem)
    where l.access_grant_import_id = ${importId} and l.number = o.number
  `.execute(trx);
  await sql`update access_grant_imports set moved_at = clock_timestamp() where id = ${importId}`.execute(trx);
}

/** Says of all lines whose turn has not come why it never will. */
export async function refuseRest(trx: Trx, importId: string, problem: LineProblem): Promise<void> {
  await sql`
    update access_grant_import_lines set state = 'refused', problem = ${problem}
    where access_grant_import_id = ${importId} and state = 'wanted'
  `.execute(trx);
}

export async function finishImport(trx: Trx, importId: string): Promise<void> {
  await trx
    .updateTable("access_grant_imports")
    .set({ status: "done", done_at: sql`clock_timestamp()` })
    .where("id", "=", importId)
    .where("status", "=", "importing")
    .execute();
}
