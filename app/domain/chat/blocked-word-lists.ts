import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { insertAct } from "#app/domain/moderation/acts.ts";
import type { Db } from "#db/client.ts";
import { chatName } from "./messages.ts";
import { type BlockedWords, compileBlockedWords, readBlockedWords } from "./blocked-words.ts";

/** Lists that were read lately, by space. */
const compiled = new Map<string, { version: string; words: BlockedWords }>();
const mostKept = 200;

// As text: a Date has no microseconds.
const versionOf = sql<string>`extract(epoch from changed_at)::text`;

/** A space's blocked words, ready to be looked for. */
export async function blockedWordsOf(db: Db, spaceId: string): Promise<BlockedWords> {
  const row = await db
    .selectFrom("space_blocked_words")
    .select(versionOf.as("version"))
    .where("space_id", "=", spaceId)
    .executeTakeFirst();
  if (!row) return compileBlockedWords([]);
  const kept = compiled.get(spaceId);
  if (kept?.version === row.version) return kept.words;
  const { lines, version } = await findBlockedWords(db, spaceId);
  const words = compileBlockedWords(lines);
  if (compiled.size >= mostKept) compiled.clear();
  compiled.set(spaceId, { version, words });
  return words;
}

export type BlockedWordList = {
  lines: string[];
  /** Of the list as it is now; "" when there never was one. Whoever changes it says which one they had read. */
  version: string;
  changedBy: string | null;
};

/** A space's list for who edits it. */
export async function findBlockedWords(db: Db, spaceId: string): Promise<BlockedWordList> {
  const row = await db
    .selectFrom("space_blocked_words as w")
    .innerJoin("users as u", "u.id", "w.changed_by")
    .select(["w.lines", "w.changed_by", "u.name", versionOf.as("version")])
    .where("w.space_id", "=", spaceId)
    .executeTakeFirst();
  if (!row) return { lines: [], version: "", changedBy: null };
  return { lines: row.lines, version: row.version, changedBy: chatName(row.name, row.changed_by) };
}

/**
 * Changes a space's list to what was typed, a line a word, by somebody whose right to moderate there was asked for
 * before; it counts from the next message on. Refused: a line that cannot be read, a list that is too long, one that
 * somebody else changed since `version` was read. The same lines again change nothing.
 */
export async function changeBlockedWords(
  { db, queue }: Pick<Services, "db" | "queue">,
  { spaceId, actorId, typed, version }: { spaceId: string; actorId: string; typed: string; version: string },
): Promise<{ ok: true } | { ok: false; reason: "unreadable" | "changed_before"; message: string }> {
  const read = readBlockedWords(typed);
  if (!read.ok) return { ok: false, reason: "unreadable", message: read.message };
  const { lines } = read;
  return db.transaction().execute(async (trx) => {
    await trx.selectFrom("spaces").select("id").where("id", "=", spaceId).forUpdate().execute();
    const saved = await findBlockedWords(trx, spaceId);
    const added = lines.filter((line) => !saved.lines.includes(line)).length;
    const removed = saved.lines.filter((line) => !lines.includes(line)).length;
    if (added + removed === 0) return { ok: true };
    if (saved.version !== version)
      return {
        ok: false,
        reason: "changed_before",
        message: `${saved.changedBy} changed the list while you had it open. Below is what you typed; open the page again to see theirs.`,
      };
    await sql`
      insert into space_blocked_words (space_id, lines, changed_by, changed_at)
      values (${spaceId}::uuid, ${lines}::text[], ${actorId}::uuid, clock_timestamp())
      on conflict (space_id) do update
      set lines = excluded.lines, changed_by = excluded.changed_by, changed_at = excluded.changed_at
    `.execute(trx);
    await insertAct(trx, queue, { spaceId, kind: "words_changed", actorId, details: { added, removed } });
    return { ok: true };
  });
}
