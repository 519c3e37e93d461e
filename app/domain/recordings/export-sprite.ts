import { keyFrameOf } from "#app/domain/media/poster.ts";
import { readSegment } from "#app/domain/media/segment.ts";
import { createSheet, spriteShape, tilePieces, toSheets } from "#app/domain/media/sprite.ts";
import type { Decoder, Picture } from "#app/services/media.ts";
import { isServiceError, serviceError } from "#app/services/service-error.ts";
import { contentName } from "./export-mp4.ts";
import { insertMade, listMade, sha256 } from "./export-pieces.ts";
import type { ExportResult, ExportServices, ExportTask } from "./exports.ts";
import { readPart } from "./part-bytes.ts";
import { listParts, type Part } from "./parts.ts";

/** Where a sheet lies; the export's own key is the first one's. */
export const sheetKey = (key: string, sheet: number) => key.replace(/\d+\.jpg$/, `${sheet}.jpg`);

const { everyMs, width, height, columns, rows } = spriteShape;
const layout = `sprite ${everyMs} ${width}x${height} ${columns}x${rows} 1`;

/**
 * Makes the small pictures that show what is where in a recording, a sheet at a time, and reads each back. Where the
 * sheets lie follows from the segments; one that an earlier run has made and read back is not made again. Null: it has no
 * picture.
 */
export async function exportSprite(
  { db, storage, media }: ExportServices,
  { exportId, recordingId, folder, report }: ExportTask,
): Promise<ExportResult | null> {
  const parts = await listParts(db, recordingId);
  if (parts.every((part) => part.width === null)) return null;
  const tiles = tilePieces(parts);
  const name = contentName(parts, layout);
  const key = `${folder}${name}/sprite-0.jpg`;
  const made = await listMade(db, { exportId, name });
  const decoder = media.openDecoder({ width, height });
  let first: Uint8Array | undefined;
  let storedBytes = 0;
  let done = 0;
  let pictures = 0;
  try {
    for (const [number, sheetTiles] of toSheets(tiles).entries()) {
      const address = sheetKey(key, number);
      let bytes = await readMade(address, number);
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
        await insertMade(db, { exportId, name, sheet: number, bytes });
      }
      first ??= bytes;
      storedBytes += bytes.length;
      done += sheetTiles.length;
    }
  } finally {
    decoder.close();
  }
  if (!first || pictures === 0) return null;
  return { key, bytes: first.length, storedBytes, sha256: sha256(first), durationMs: null };

  /** A sheet that a run before this one has left, as it was. */
  async function readMade(address: string, sheet: number): Promise<Uint8Array | undefined> {
    const sum = made.get(sheet);
    const bytes = sum && (await storage.read(address));
    return bytes && sha256(bytes) === sum ? bytes : undefined;
  }

  async function makeSheet(sheetTiles: readonly Part[], before: number): Promise<Uint8Array> {
    const sheet = createSheet(sheetTiles.length);
    for (const [tile, part] of sheetTiles.entries()) {
      const bytes = await readPart(storage, part);
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
