import { createHash } from "node:crypto";
import { keyFrameOf } from "#app/domain/media/poster.ts";
import { readSegment } from "#app/domain/media/segment.ts";
import { createSheet, sheetSize, spriteShape, tilePieces, toSheets } from "#app/domain/media/sprite.ts";
import type { Decoder, Picture } from "#app/services/media.ts";
import { isServiceError, serviceError } from "#app/services/service-error.ts";
import { contentName } from "./export-mp4.ts";
import type { ExportResult, ExportServices, ExportTask } from "./exports.ts";
import { listParts, type Part } from "./parts.ts";

/** Where a sheet lies; the export's own key is the first one's. */
export const sheetKey = (key: string, sheet: number) => key.replace(/\d+\.jpg$/, `${sheet}.jpg`);

const { everyMs, width, height, columns, rows } = spriteShape;
const layout = `sprite ${everyMs} ${width}x${height} ${columns}x${rows} 1`;

/**
 * Makes the small pictures that show what is where in a recording, a sheet at a time, and reads each back. Where the
 * sheets lie follows from the segments, so that one which is there already is not made again. Null: it has no picture.
 */
export async function exportSprite(
  { db, storage, media }: ExportServices,
  { recordingId, streamId, report }: ExportTask,
): Promise<ExportResult | null> {
  const parts = await listParts(db, recordingId);
  if (parts.every((part) => part.width === null)) return null;
  const tiles = tilePieces(parts);
  const key = `exports/${streamId}/${recordingId}/${contentName(parts, layout)}/sprite-0.jpg`;
  const decoder = media.openDecoder({ width, height });
  let first: Uint8Array | undefined;
  let done = 0;
  let pictures = 0;
  try {
    for (const [number, sheetTiles] of toSheets(tiles).entries()) {
      const address = sheetKey(key, number);
      let bytes = await readSheet(address, sheetTiles.length);
      if (bytes) pictures += sheetTiles.length;
      else {
        bytes = await makeSheet(sheetTiles, done);
        await storage.write(address, bytes, "image/jpeg");
        const stored = await storage.read(address);
        if (!stored || Buffer.compare(stored, bytes) !== 0)
          throw serviceError("storage", "a sheet is not what was written", {
            retryable: true,
            code: "changed",
          });
      }
      first ??= bytes;
      done += sheetTiles.length;
    }
  } finally {
    decoder.close();
  }
  if (!first || pictures === 0) return null;
  const sha256 = createHash("sha256").update(first).digest("hex");
  return { key, bytes: first.length, sha256, durationMs: null };

  /** A sheet that a run before this one has left. */
  async function readSheet(address: string, count: number): Promise<Uint8Array | undefined> {
    const bytes = await storage.read(address);
    const found = bytes && (await media.sizeOfJpeg(bytes));
    const size = sheetSize(count);
    return found?.width === size.width && found.height === size.height ? bytes : undefined;
  }

  async function makeSheet(sheetTiles: readonly Part[], before: number): Promise<Uint8Array> {
    const sheet = createSheet(sheetTiles.length);
    for (const [tile, part] of sheetTiles.entries()) {
      const bytes = await storage.read(part.key);
      const picture = bytes && (await decodeFirst(decoder, bytes, pictures > 0));
      if (picture) {
        sheet.put(tile, picture);
        pictures++;
      }
      await report((before + tile + 1) / tiles.length);
    }
    return (await media.encodeJpeg(sheet.picture, sheet.picture)).bytes;
  }
}

/** The first picture of a segment. A frame that cannot be decoded leaves its tile empty, unless none could be until here. */
async function decodeFirst(
  decoder: Decoder,
  bytes: Uint8Array,
  works: boolean,
): Promise<Picture | undefined> {
  const segment = readSegment(bytes);
  if (!segment.ok || !segment.video) return undefined;
  try {
    return await decoder.decode(keyFrameOf(segment.video));
  } catch (error) {
    if (!isServiceError(error) || (error.retryable && !works)) throw error;
    return undefined;
  }
}
