import { readFile } from "node:fs/promises";
import { configOrExit } from "#app/config.ts";
import { exportFolder } from "#app/domain/recordings/export-folders.ts";
import { exportMp4 } from "#app/domain/recordings/export-mp4.ts";
import { listParts } from "#app/domain/recordings/parts.ts";
import { closeServices, openServices } from "#app/open-services.ts";

/*
 * A process for one round: `mp4` makes the MP4 of a recording as the worker does, `copy` sends the bytes of its segments to
 * storage as one file. Its only line has the ms that took, and the most memory the process had.
 */
const [way = "", recordingId = "", streamId = "", exportId = ""] = process.argv.slice(2);
const services = await openServices(configOrExit(), "web");
const { db, storage } = services;
const begun = performance.now();
const key = way === "mp4" ? await makeMp4() : await copy();
const ms = performance.now() - begun;
const status = await readFile("/proc/self/status", "utf8");
const rssMib = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)![1]) / 1024;
const bytes = (await storage.head(key))!.bytes;
console.log(JSON.stringify({ ms, rssMib, bytes }));
await storage.remove(key);
await closeServices(services);

async function makeMp4(): Promise<string> {
  const folder = exportFolder({ streamId, recordingId, kind: "mp4", version: 0 });
  const task = { exportId, recordingId, streamId, folder, report: async () => {} };
  return (await exportMp4(services, task)).key;
}

async function copy(): Promise<string> {
  const upload = { key: "exports/copy", uploadId: await storage.beginUpload("exports/copy", "video/mp2t") };
  const partSize = 8 * 1024 * 1024;
  const parts: { number: number; etag: string }[] = [];
  const underWay = new Set<Promise<void>>();
  let waiting: Uint8Array[] = [];
  let size = 0;
  const send = async (bytes: Uint8Array) => {
    const number = parts.push({ number: parts.length + 1, etag: "" });
    const sending: Promise<void> = storage.writePart(upload, number, bytes).then((etag) => {
      parts[number - 1]!.etag = etag;
      underWay.delete(sending);
    });
    underWay.add(sending);
    if (underWay.size >= 3) await Promise.race(underWay);
  };
  for (const part of await listParts(db, recordingId)) {
    const bytes = (await storage.read(part.key))!;
    waiting.push(bytes);
    size += bytes.length;
    if (size < partSize) continue;
    const whole = Buffer.concat(waiting);
    await send(whole.subarray(0, partSize));
    waiting = [whole.subarray(partSize)];
    size = whole.length - partSize;
  }
  if (size > 0) await send(Buffer.concat(waiting));
  await Promise.all(underWay);
  await storage.completeUpload(upload, parts);
  return upload.key;
}
