import type { UploadOf } from "#app/services/storage-uploads.ts";
import { deletePieces, insertPiece, listPieces, sha256, type Piece } from "./export-pieces.ts";
import type { ExportServices } from "./exports.ts";

type Of = { exportId: string; key: string; contentType: string };

/** Takes the parts of one file, whose bytes are always the same. */
export type ExportUpload = {
  /** Each part's SHA-256. */
  sums: Map<number, string>;
  writePart(number: number, bytes: Uint8Array): Promise<void>;
  /** Makes the file of them. */
  complete(): Promise<void>;
};

/**
 * The upload of an export's file. One that an earlier worker began to the same place is gone on with: what storage has of it
 * already is not sent again. Where the whole file lies there already, nothing is: it will be read back anyway.
 */
export async function openExportUpload(
  services: Pick<ExportServices, "db" | "storage">,
  of: Of,
): Promise<ExportUpload> {
  const { db, storage } = services;
  const { exportId, key } = of;
  const sums = new Map<number, string>();
  const known = await findUpload(services, of);
  if (!known && (await storage.head(key)))
    return {
      sums,
      writePart: async (number, bytes) => void sums.set(number, sha256(bytes)),
      complete: async () => {},
    };
  const upload = known?.upload ?? (await beginUpload(services, of));
  const sent = new Map<number, Piece>(known?.sent.map((part) => [part.number, part]));
  return {
    sums,
    async writePart(number, bytes) {
      const sum = sha256(bytes);
      sums.set(number, sum);
      if (sent.get(number)?.sha256 === sum) return;
      const etag = await storage.writePart(upload, number, bytes);
      const part = { number, bytes: bytes.length, sha256: sum, etag };
      sent.set(number, part);
      await insertPiece(db, { exportId, of: upload.uploadId }, part);
    },
    async complete() {
      const parts = [...sent.values()].filter(({ number }) => sums.has(number));
      await storage.completeUpload(upload, parts);
      await forgetUpload(services, exportId);
    },
  };
}

/** The upload that was begun to this place, and those of its parts that are in storage as they were sent. */
async function findUpload(
  { db, storage }: Pick<ExportServices, "db" | "storage">,
  { exportId, key }: Of,
): Promise<{ upload: UploadOf; sent: Piece[] } | undefined> {
  const row = await db
    .selectFrom("streaming_recording_exports")
    .select("upload_id as uploadId")
    .where("id", "=", exportId)
    .where("upload_key", "=", key)
    .executeTakeFirst();
  if (!row?.uploadId) return undefined;
  const upload = { key, uploadId: row.uploadId };
  const stored = await storage.listParts(upload);
  if (!stored) return undefined;
  const parts = await listPieces(db, { exportId, of: upload.uploadId });
  const there = new Map(stored.map((part) => [part.number, part]));
  const isThere = ({ number, bytes, etag }: Piece) =>
    there.get(number)?.bytes === bytes && there.get(number)?.etag === etag;
  return { upload, sent: parts.filter(isThere) };
}

async function beginUpload(services: Pick<ExportServices, "db" | "storage">, of: Of): Promise<UploadOf> {
  const { db, storage } = services;
  const { exportId, key, contentType } = of;
  await forgetUpload(services, exportId);
  // What another file's upload has left, or one whose id was not written down in time.
  const folder = key.slice(0, key.lastIndexOf("/") + 1);
  for (const left of await storage.listUploads(folder)) await storage.abortUpload(left);
  const uploadId = await storage.beginUpload(key, contentType);
  await db
    .updateTable("streaming_recording_exports")
    .set({ upload_id: uploadId, upload_key: key })
    .where("id", "=", exportId)
    .execute();
  return { key, uploadId };
}

async function forgetUpload({ db }: Pick<ExportServices, "db">, exportId: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await deletePieces(trx, exportId);
    await trx
      .updateTable("streaming_recording_exports")
      .set({ upload_id: null, upload_key: null })
      .where("id", "=", exportId)
      .execute();
  });
}
