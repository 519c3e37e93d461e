import type { Db } from "#db/client.ts";
import { type BlockedWords, compileBlockedWords } from "./blocked-words.ts";

/** Lists that were read lately, by space; which one it was is told by when it was changed. */
const compiled = new Map<string, { changedAt: number; words: BlockedWords }>();
const mostKept = 200;

/** A space's blocked words, ready to be looked for. */
export async function blockedWordsOf(db: Db, spaceId: string): Promise<BlockedWords> {
  const row = await db
    .selectFrom("space_blocked_words")
    .select("changed_at")
    .where("space_id", "=", spaceId)
    .executeTakeFirst();
  if (!row) return compileBlockedWords([]);
  const changedAt = row.changed_at.getTime();
  const kept = compiled.get(spaceId);
  if (kept?.changedAt === changedAt) return kept.words;
  const words = compileBlockedWords(await listBlockedWords(db, spaceId));
  if (compiled.size >= mostKept) compiled.clear();
  compiled.set(spaceId, { changedAt, words });
  return words;
}

/** The lines as they were typed. */
export async function listBlockedWords(db: Db, spaceId: string): Promise<string[]> {
  const row = await db
    .selectFrom("space_blocked_words")
    .select("lines")
    .where("space_id", "=", spaceId)
    .executeTakeFirst();
  return row?.lines ?? [];
}
