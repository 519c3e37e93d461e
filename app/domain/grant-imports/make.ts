import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { findGivingBar } from "../passes/giveable.ts";
import { takeFrom } from "../people/limits.ts";
import { findColumns } from "./columns.ts";
import { findEncoding, type Source } from "./encoding.ts";
import { judgeLines } from "./judge.ts";
import { countLines } from "./outcomes.ts";
import { type ReadLine, readLines } from "./read-lines.ts";
import type { FileRefusal } from "./words.ts";

/** Lines of people in one file. */
export const mostLines = 100_000;
const linesAtOnce = 500;

type NewImport = {
  spaceId: string;
  passId: string;
  madeBy: string;
  fileName: string;
  /** The clocks that days in the file are read on. */
  timeZone: string;
  /** The file, read three times, a piece at a time: for its encoding, its columns, and its lines. */
  open: Source;
};

/**
 * Whether a file of people for a pass of this space is to be received at all: asked before the first byte of it is, since
 * each costs a place on the disk, whatever is in it. Refuses a pass that is not this space's or is retired (`gone`), one
 * past its last day (`over`), and more than 60 files of a space in a day (`too_many_files`), of which this is one.
 */
export async function admitFile(
  db: Db,
  { spaceId, passId }: Pick<NewImport, "spaceId" | "passId">,
): Promise<{ ok: true } | FileRefusal> {
  const bar = await findGivingBar(db, { spaceId, passId });
  if (bar) return { ok: false, reason: bar };
  if (!(await takeFrom(db, "imports.space", spaceId)).ok) return { ok: false, reason: "too_many_files" };
  return { ok: true };
}

/**
 * Reads a file of people who are to get a pass of this space, so that it can be shown and confirmed; nobody gets anything
 * by it. Gives the import's id once each line is kept and judged: one that is not read to its end is nobody's. Refuses a
 * pass that is not this space's or is retired (`gone`), one past its last day (`over`), and what is no list of at most
 * 100,000 people. Whether the space may send another file was asked before, with `admitFile`.
 */
export async function makeImport(
  db: Db,
  { spaceId, passId, open, ...made }: NewImport,
): Promise<{ ok: true; importId: string } | FileRefusal> {
  const bar = await findGivingBar(db, { spaceId, passId });
  if (bar) return { ok: false, reason: bar };
  const text = await findEncoding(open);
  if (!text.ok) return text;
  const list = await findColumns(open, text.encoding);
  if (!list.ok) return list;
  const { id: importId } = await db
    .insertInto("access_grant_imports")
    .values({
      access_pass_id: passId,
      made_by: made.madeBy,
      file_name: made.fileName,
      time_zone: made.timeZone,
      encoding: text.encoding,
      separator: list.separator,
      ignored_columns: list.ignored,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const lines = readLines(open, { ...list, encoding: text.encoding, timeZone: made.timeZone });
  const refusal = await keepLines(db, importId, lines).catch(async (error: unknown) => {
    await deleteUnread(db, importId);
    throw error;
  });
  if (refusal) {
    await deleteUnread(db, importId);
    return refusal;
  }
  await judgeLines(db, { importId, passId });
  // From here on the counts move with the lines.
  await countLines(db, { importId, move: sql`status = 'ready'`, from: "reading" });
  return { ok: true, importId };
}

async function keepLines(
  db: Db,
  importId: string,
  lines: ReturnType<typeof readLines>,
): Promise<FileRefusal | undefined> {
  let many = 0;
  let batch: ReadLine[] = [];
  for await (const line of lines) {
    if ("unclosed" in line) return { ok: false, reason: "unclosed", line: line.unclosed };
    if ("endless" in line) return { ok: false, reason: "endless", line: line.endless };
    if (++many > mostLines) return { ok: false, reason: "too_many_lines" };
    batch.push(line);
    if (batch.length < linesAtOnce) continue;
    await insertLines(db, importId, batch);
    batch = [];
  }
  if (many === 0) return { ok: false, reason: "no_lines" };
  await insertLines(db, importId, batch);
  return undefined;
}

async function insertLines(db: Db, importId: string, lines: ReadLine[]): Promise<void> {
  await sql`
    insert into access_grant_import_lines
      (access_grant_import_id, number, email, ends, address, ends_at, state, problem)
    select ${importId}::uuid, number, email, ends, address, "endsAt",
      case when problem is null then 'wanted' else 'refused' end::access_grant_import_line_state, problem
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb)
      as line (number int, email text, ends text, address text, "endsAt" timestamptz, problem text)
  `.execute(db);
}

async function deleteUnread(db: Db, importId: string): Promise<void> {
  await db
    .deleteFrom("access_grant_imports")
    .where("id", "=", importId)
    .where("status", "=", "reading")
    .execute();
}
