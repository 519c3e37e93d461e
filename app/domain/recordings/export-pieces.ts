import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Database } from "#db/client.ts";

/** A piece of an export that is in storage, and what it is. */
export type Piece = { number: number; bytes: number; sha256: string; etag: string };

/** The making that pieces are of: an upload, or the name of sheets. */
type Of = { exportId: string; of: string };

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Writes down that a piece is in storage, so that the next worker need not make it again. */
export async function insertPiece(db: Kysely<Database>, { exportId, of }: Of, piece: Piece): Promise<void> {
  await db
    .insertInto("streaming_recording_export_parts")
    .values({ export_id: exportId, upload_id: of, ...piece })
    .onConflict((conflict) => conflict.columns(["export_id", "upload_id", "number"]).doUpdateSet(piece))
    .execute();
}

export async function listPieces(db: Kysely<Database>, { exportId, of }: Of): Promise<Piece[]> {
  return db
    .selectFrom("streaming_recording_export_parts")
    .select(["number", "bytes", "sha256", "etag"])
    .where("export_id", "=", exportId)
    .where("upload_id", "=", of)
    .execute();
}

/** Once an export is whole, or begun anew. */
export async function deletePieces(db: Kysely<Database>, exportId: string): Promise<void> {
  await db.deleteFrom("streaming_recording_export_parts").where("export_id", "=", exportId).execute();
}

/** The sheets under this name that were read back as they were made: the SHA-256 of each by its number. */
export async function listMade(
  db: Kysely<Database>,
  { exportId, name }: { exportId: string; name: string },
): Promise<Map<number, string>> {
  const pieces = await listPieces(db, { exportId, of: name });
  return new Map(pieces.map(({ number, sha256 }) => [number - 1, sha256]));
}

export async function insertMade(
  db: Kysely<Database>,
  { exportId, name, sheet, bytes }: { exportId: string; name: string; sheet: number; bytes: Uint8Array },
): Promise<void> {
  const piece = { number: sheet + 1, bytes: bytes.length, sha256: sha256(bytes), etag: "" };
  await insertPiece(db, { exportId, of: name }, piece);
}
