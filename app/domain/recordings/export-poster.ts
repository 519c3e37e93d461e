import { createHash } from "node:crypto";
import { makePoster, posterCandidates } from "#app/domain/media/poster.ts";
import { serviceError } from "#app/services/service-error.ts";
import type { ExportResult, ExportServices, ExportTask } from "./exports.ts";
import { toEdited } from "./edited-time.ts";
import { findEdit } from "./edits.ts";
import { readPart } from "./part-bytes.ts";
import { listParts, type Part } from "./parts.ts";

export const posterSizes = ["large", "medium", "small"] as const;
export type PosterSize = (typeof posterSizes)[number];

/** Where one size of a poster lies; the export's own key is the large one's. */
export const posterKey = (key: string, size: PosterSize) => key.replace(/large\.jpg$/, `${size}.jpg`);

/**
 * Makes the pictures that stand for a recording, in three sizes, and reads them back: from the moment that somebody chose,
 * or else, or where nothing can be decoded there, from one that shows something. Null: it has no picture.
 */
export async function exportPoster(
  { db, storage, media }: ExportServices,
  { recordingId, folder, report }: ExportTask,
): Promise<ExportResult | null> {
  const parts = await listParts(db, recordingId);
  const candidates = posterCandidates(parts.length).map((index) => parts[index]!);
  const chosen = await findChosen(db, recordingId, parts);
  async function* segments(of: readonly Part[]) {
    for (const part of of) {
      const bytes = await readPart(storage, part);
      if (bytes) yield bytes;
      await report(0);
    }
  }
  const pictures =
    (chosen && (await makePoster(media, segments([chosen])))) ??
    (await makePoster(media, segments(candidates)));
  const [large] = pictures ?? [];
  if (!pictures || !large) return null;
  const sum = createHash("sha256").update(large.bytes).digest("hex");
  const key = `${folder}${sum.slice(0, 32)}/large.jpg`;
  for (const [index, size] of posterSizes.entries()) {
    const { bytes } = pictures[index]!;
    await storage.write(posterKey(key, size), bytes, "image/jpeg");
    const stored = await storage.read(posterKey(key, size));
    if (!stored || Buffer.compare(stored, bytes) !== 0)
      throw serviceError("storage", "a poster is not what was written", { retryable: true, code: "changed" });
  }
  const storedBytes = pictures.reduce((total, { bytes }) => total + bytes.length, 0);
  return { key, bytes: large.bytes.length, storedBytes, sha256: sum, durationMs: null };
}

async function findChosen(
  db: ExportServices["db"],
  recordingId: string,
  parts: readonly Part[],
): Promise<Part | undefined> {
  const { posterMs } = await db
    .selectFrom("streaming_recordings")
    .select("poster_ms as posterMs")
    .where("id", "=", recordingId)
    .executeTakeFirstOrThrow();
  if (posterMs === null) return undefined;
  let leftMs = toEdited((await findEdit(db, recordingId))?.kept ?? null, posterMs);
  return parts.find(({ durationMs }) => (leftMs -= durationMs) < 0) ?? parts.at(-1);
}
