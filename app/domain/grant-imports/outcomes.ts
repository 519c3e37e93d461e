import { type Kysely, type RawBuilder, sql, type Transaction } from "kysely";
import type { Database } from "#db/client.ts";
import type { AccessGrantImportStatus } from "#db/types.ts";
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

/** Writes down what became of lines whose turn it was, with their counts, and that the import goes on. */
export async function writeOutcomes(trx: Trx, importId: string, outcomes: Outcome[]): Promise<void> {
  await sql`
    with moved as (
      update access_grant_import_lines l set state = o.state, problem = o.problem
      from unnest(
        ${outcomes.map(({ number }) => number)}::int[],
        ${outcomes.map(({ state }) => state)}::access_grant_import_line_state[],
        ${outcomes.map(({ problem }) => problem)}::text[]
      ) as o (number, state, problem)
      where l.access_grant_import_id = ${importId} and l.number = o.number and l.state = 'wanted'
      returning l.state
    )
    ${countMoved(importId)}
  `.execute(trx);
}

/** Says of all lines whose turn has not come why it never will. */
export async function refuseRest(trx: Trx, importId: string, problem: LineProblem): Promise<void> {
  await sql`
    with moved as (
      update access_grant_import_lines set state = 'refused', problem = ${problem}
      where access_grant_import_id = ${importId} and state = 'wanted'
      returning state
    )
    ${countMoved(importId)}
  `.execute(trx);
}

/** Of lines that were wanted and have just `moved`. */
const countMoved = (importId: string) => sql`
  update access_grant_imports
  set moved_at = clock_timestamp(), wanted_lines = wanted_lines - now.moved, added_lines = added_lines + now.added,
    held_lines = held_lines + now.held, refused_lines = refused_lines + now.refused
  from (
    select count(*) as moved, count(*) filter (where state = 'added') as added,
      count(*) filter (where state = 'held') as held, count(*) filter (where state = 'refused') as refused
    from moved
  ) now
  where id = ${importId}
`;

/** Each line has had its turn. They are counted once more: a worker of the version before moved lines and no counts. */
export async function finishImport(trx: Trx, importId: string): Promise<void> {
  await countLines(trx, {
    importId,
    move: sql`status = 'done', done_at = clock_timestamp()`,
    from: "importing",
  });
}

/** Counts all lines of an import that is in the state `from`, and moves it on. */
export async function countLines(
  db: Kysely<Database>,
  { importId, move, from }: { importId: string; move: RawBuilder<unknown>; from: AccessGrantImportStatus },
): Promise<void> {
  await sql`
    update access_grant_imports
    set ${move}, wanted_lines = lines.wanted, added_lines = lines.added, held_lines = lines.held,
      repeated_lines = lines.repeated, refused_lines = lines.refused
    from (
      select count(*) filter (where state = 'wanted') as wanted, count(*) filter (where state = 'added') as added,
        count(*) filter (where state = 'held') as held, count(*) filter (where state = 'repeated') as repeated,
        count(*) filter (where state = 'refused') as refused
      from access_grant_import_lines where access_grant_import_id = ${importId}
    ) lines
    where id = ${importId} and status = ${from}
  `.execute(db);
}
