import { createHash } from "node:crypto";
import { type ExportSegment, planMp4, writeMp4 } from "#app/domain/media/mp4-writer.ts";
import { readMp4Facts } from "#app/services/media/mp4-facts.ts";
import { isServiceError, serviceError } from "#app/services/service-error.ts";
import { piecesOf, wholeOf } from "#app/services/storage-body.ts";
import type { Storage } from "#app/services/storage.ts";
import { openExportUpload } from "./export-upload.ts";
import type { ExportResult, ExportServices, ExportTask } from "./exports.ts";
import { readPart } from "./part-bytes.ts";
import { listParts, type Part } from "./parts.ts";

/** What the writing of a file consists of: other segments or another layout give another file. */
export function contentName(parts: readonly Part[], layout: string): string {
  const hash = createHash("sha256").update(layout);
  for (const { attempt, sha256 } of parts) hash.update(`\n${attempt} ${sha256}`);
  return hash.digest("hex").slice(0, 32);
}

/**
 * Writes the MP4 of a recording from its segments into storage, reads it back, and holds it against what was written
 * and against what another parser says. What was sent before it failed stays for the next run; a file that is not what was
 * sent does not.
 */
export async function exportMp4(
  { db, storage }: ExportServices,
  { exportId, recordingId, folder, report }: ExportTask,
): Promise<ExportResult> {
  const parts = await listParts(db, recordingId);
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const durationMs = parts.reduce((sum, part) => sum + part.durationMs, 0);
  const plan = planMp4({ durationMs, bytes: total });
  const name = contentName(parts, `mp4 ${plan.partSize} ${plan.headParts}`);
  const key = `${folder}${name}.mp4`;
  const upload = await openExportUpload({ db, storage }, { exportId, key, contentType: "video/mp4" });
  const summary = await writeMp4({
    segments: readParts(storage, parts, (done) => report((done / Math.max(1, total)) * 0.7)),
    plan,
    sink: upload,
  });
  await upload.complete();
  const written = { key, bytes: summary.bytes, partSize: plan.partSize, sums: upload.sums };
  try {
    const whole = await readBack(storage, written, (done) => report(0.7 + (done / summary.bytes) * 0.3));
    await expectFacts(storage, { key, summary });
    const { bytes } = summary;
    return { key, bytes, storedBytes: bytes, sha256: whole, durationMs: Math.round(summary.durationMs) };
  } catch (error) {
    if (isServiceError(error) && error.code === wrongFile) await storage.remove(key);
    throw error;
  }
}

/** The code of the failure that a file in storage is not what was sent. */
const wrongFile = "wrong_file";

async function* readParts(
  storage: Storage,
  parts: readonly Part[],
  report: (done: number) => Promise<void>,
): AsyncGenerator<ExportSegment> {
  let done = 0;
  for (const part of parts) {
    const bytes = await readPart(storage, part);
    if (!bytes)
      throw serviceError("storage", "a verified segment is gone", { retryable: true, code: "missing" });
    yield { bytes, attempt: String(part.attempt) };
    done += part.bytes;
    await report(done);
  }
}

type Written = { key: string; bytes: number; partSize: number; sums: Map<number, string> };

/** Reads the whole file in order and compares each part with what was sent. Gives the file's SHA-256. */
async function readBack(
  storage: Storage,
  { key, bytes, partSize, sums }: Written,
  report: (done: number) => Promise<void>,
): Promise<string> {
  const object = await storage.open(key);
  if (object?.bytes !== bytes) {
    object?.body.destroy();
    throw serviceError("storage", "an export is not as long as it was written", {
      retryable: true,
      code: wrongFile,
    });
  }
  const whole = createHash("sha256");
  let part = createHash("sha256");
  let number = 1;
  let inPart = 0;
  let done = 0;
  const endPart = () => {
    if (part.digest("hex") !== sums.get(number))
      throw serviceError("storage", "an export is not what was written", {
        retryable: true,
        code: wrongFile,
      });
    part = createHash("sha256");
    number++;
    inPart = 0;
  };
  for await (const chunk of piecesOf(object.body)) {
    whole.update(chunk);
    for (let at = 0; at < chunk.length;) {
      const count = Math.min(chunk.length - at, partSize - inPart);
      part.update(chunk.subarray(at, at + count));
      at += count;
      inPart += count;
      if (inPart === partSize && number < sums.size) endPart();
    }
    done += chunk.length;
    await report(done);
  }
  endPart();
  return whole.digest("hex");
}

async function expectFacts(
  storage: Storage,
  { key, summary }: { key: string; summary: Awaited<ReturnType<typeof writeMp4>> },
): Promise<void> {
  const facts = await readMp4Facts({
    bytes: summary.bytes,
    async read(start, end) {
      const object = await storage.open(key, { start, end: end - 1 });
      if (!object) throw serviceError("storage", "an export is gone", { retryable: true, code: "missing" });
      return wholeOf(object.body, end - start);
    },
  });
  const isRight =
    facts.videoTracks === (summary.video ? 1 : 0) &&
    facts.audioTracks === (summary.audio ? 1 : 0) &&
    Math.abs(facts.durationMs - summary.durationMs) < 500;
  if (!isRight)
    throw serviceError("media", "an export does not say what it holds", {
      retryable: true,
      code: wrongFile,
    });
}
