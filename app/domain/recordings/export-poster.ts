import { createHash } from "node:crypto";
import { makePoster, posterCandidates } from "#app/domain/media/poster.ts";
import { serviceError } from "#app/services/service-error.ts";
import type { ExportResult, ExportServices, ExportTask } from "./exports.ts";
import { listParts } from "./parts.ts";

export const posterSizes = ["large", "medium", "small"] as const;
export type PosterSize = (typeof posterSizes)[number];

/** Where one size of a poster lies; the export's own key is the large one's. */
export const posterKey = (key: string, size: PosterSize) => key.replace(/large\.jpg$/, `${size}.jpg`);

/** Makes the pictures that stand for a recording, in three sizes, and reads them back. Null: it has no picture. */
export async function exportPoster(
  { db, storage, media }: ExportServices,
  { recordingId, streamId, report }: ExportTask,
): Promise<ExportResult | null> {
  const parts = await listParts(db, recordingId);
  const candidates = posterCandidates(parts.length).map((index) => parts[index]!);
  async function* segments() {
    for (const { key } of candidates) {
      const bytes = await storage.read(key);
      if (bytes) yield bytes;
      await report(0);
    }
  }
  const pictures = await makePoster(media, segments());
  const [large] = pictures ?? [];
  if (!pictures || !large) return null;
  const sum = createHash("sha256").update(large.bytes).digest("hex");
  const key = `exports/${streamId}/${recordingId}/${sum.slice(0, 32)}/large.jpg`;
  for (const [index, size] of posterSizes.entries()) {
    const { bytes } = pictures[index]!;
    await storage.write(posterKey(key, size), bytes, "image/jpeg");
    const stored = await storage.read(posterKey(key, size));
    if (!stored || Buffer.compare(stored, bytes) !== 0)
      throw serviceError("storage", "a poster is not what was written", { retryable: true, code: "changed" });
  }
  return { key, bytes: large.bytes.length, sha256: sum, durationMs: null };
}
