import { type Kysely, sql } from "kysely";
import { z } from "zod";
import { findAccess } from "#app/domain/access/decision.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { severalLines } from "#app/domain/text.ts";
import type { Database, Db } from "#db/client.ts";
import type { StreamStatus } from "#db/types.ts";
import { streamMoves } from "./moves.ts";

/** Characters; as many as the table takes. */
export const mostNoteCharacters = 1000;

/** The form of the note to those who wait; empty takes it away. */
export const noteForm = z.object({ note: severalLines({ most: mostNoteCharacters, what: "The note" }) });

export type NoteSaved =
  | { ok: true; changed: boolean }
  | { ok: false; reason: "not_found" | "not_host" }
  /** It went live, or is over. */
  | { ok: false; reason: "closed"; status: StreamStatus };

/** What a stream's host tells those who wait (plain text, "" for nothing); undefined when there is no such stream. */
export async function findNote(db: Kysely<Database>, streamId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("streams")
    .select("lobby_note")
    .where("id", "=", streamId)
    .executeTakeFirst();
  return row?.lobby_note;
}

/**
 * Saves what those who wait for a stream are told, by a host of its team, until it goes live: one guarded statement, and
 * open pages hear of it with the commit. Of two hosts who save at once the later one's note stands. The same note again
 * changes nothing and tells nobody.
 */
export async function saveNote(
  db: Db,
  { streamId, userId, note }: { streamId: string; userId: string; note: string },
): Promise<NoteSaved> {
  return db.transaction().execute(async (trx): Promise<NoteSaved> => {
    const access = await findAccess(trx, { streamId, userId });
    if (!access?.mayModerate) return { ok: false, reason: "not_found" };
    if (!access.mayHost) return { ok: false, reason: "not_host" };
    const saved = await trx
      .updateTable("streams")
      .set({ lobby_note: note, updated_at: sql`now()` })
      .where("id", "=", streamId)
      .where("status", "in", streamMoves.cancel.from)
      .where("lobby_note", "<>", note)
      .returning("id")
      .executeTakeFirst();
    if (saved) {
      await notifyChange(trx, { kind: "stream", streamId });
      return { ok: true, changed: true };
    }
    const { status } = await trx
      .selectFrom("streams")
      .select("status")
      .where("id", "=", streamId)
      .executeTakeFirstOrThrow();
    const open = (streamMoves.cancel.from as readonly StreamStatus[]).includes(status);
    return open ? { ok: true, changed: false } : { ok: false, reason: "closed", status };
  });
}
