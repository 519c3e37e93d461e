import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { ReadableStream } from "node:stream/web";
import { data } from "@remix-run/node";
import busboy from "busboy";
import type { RequestContext } from "#app/context.ts";
import { problem, refuse, type Typed } from "./forms.ts";

/** Bytes of a file that a form may send. */
export const mostFileBytes = 20 * 1024 * 1024;
/** What the rest of a form with a file may need. */
const mostBesides = 64 * 1024;
const headMs = 2_000;
/** Small, so that whoever works on one piece after another leaves room for others between two of them. */
const pieceBytes = 16 * 1024;

export type Upload = {
  /** The other fields of the form, as far as they were asked for. */
  typed: Typed;
  /** Without a folder, at most 200 characters; null where no file was chosen. */
  fileName: string | null;
  /** Reads the file from its beginning, as often as it is called. */
  open: () => AsyncIterable<Uint8Array>;
};

type Wanted = {
  /** The field of the file. */
  file: string;
  fields: readonly string[];
  /** What stands beside it when it is too large. */
  tooLarge: string;
};

/**
 * Takes a form with a file, as `take` wants it: the file is written to the disk as it comes in, is never in memory as a
 * whole, and is gone when `take` has ended, also when this process is killed. Refuses what is longer than 20 MB allow with 413,
 * of which no more is read than what stands before its file, and with 503 what our disk does not take; the log says why. Rejects
 * with a 400 Response when the body is no form at all.
 */
export async function withUpload<Result>(
  request: Request,
  { file, fields, tooLarge }: Wanted,
  { log, requestId }: Pick<RequestContext, "log" | "requestId">,
  take: (upload: Upload) => Promise<Result>,
): Promise<Result | ReturnType<typeof refuse>> {
  const typed: Typed = {};
  const refuseTooLarge = () => refuse(problem(file, tooLarge, typed), 413);
  if (Number(request.headers.get("content-length") ?? 0) > mostFileBytes + mostBesides) {
    await readHead(request, { fields, typed });
    return refuseTooLarge();
  }
  let kept: FileHandle | undefined;
  try {
    kept = await openNameless();
    const { fileName, whole } = await receive(request, { file, fields, kept, typed });
    if (!whole) return refuseTooLarge();
    const open = () => readPieces(kept!);
    return await take({ typed, fileName, open });
  } catch (error) {
    const event = diskEvents[codeOf(error)];
    if (!event) throw error;
    log.error({ event, requestId, reason: codeOf(error), err: error }, "a file could not be written down");
    return refuse(problem(file, noRoomForFile, typed), 503);
  } finally {
    await kept?.close();
  }
}

const noRoomForFile =
  "We have no room for your file right now. Nothing was changed: try again in a few minutes.";

/** All bytes of an upload that is as small as that; undefined for a larger one, of which no more is read. */
export async function readWhole(open: Upload["open"], mostBytes: number): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of open()) {
    bytes += piece.length;
    if (bytes > mostBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** A file that has no name any more: it is gone with the process that holds it. */
async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(path.join(tmpdir(), "frontrow-upload-"));
  try {
    return await open(path.join(folder, "file"), "wx+", 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function* readPieces(kept: FileHandle): AsyncGenerator<Uint8Array> {
  for (let at = 0; ;) {
    const { bytesRead, buffer } = await kept.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

type Typing = Pick<Wanted, "fields"> & { typed: Typed };

/** Writes into `typed` what stands in those fields. Throws where it is told of another kind of body. */
function openParser(request: Request, { fields, typed }: Typing) {
  const parser = busboy({
    headers: { "content-type": request.headers.get("content-type") ?? "" },
    defParamCharset: "utf8",
    limits: { files: 1, fields: 20, parts: 25, fieldSize: 10_000, fileSize: mostFileBytes },
  });
  return parser.on("field", (name, text) => {
    if (fields.includes(name)) typed[name] = text.replaceAll("\0", "");
  });
}

/** What was typed before the file, if it comes within a moment. The rest is left where it is, for who cuts it off. */
async function readHead(request: Request, typing: Typing): Promise<void> {
  const reader = request.body?.getReader();
  if (!reader) return;
  let isOver = false;
  const over = () => void (isOver = true);
  const late = pause(headMs, undefined, { ref: false });
  try {
    const parser = openParser(request, typing)
      .on("error", over)
      .on("file", (_name, stream) => {
        stream.on("error", over).resume();
        over();
      });
    for (let bytes = 0; !isOver && bytes < mostBesides;) {
      const next = await Promise.race([reader.read(), late]);
      if (!next?.value) return;
      bytes += next.value.length;
      parser.write(next.value);
    }
  } catch {
    // It is too large whatever else it is.
  } finally {
    reader.releaseLock();
  }
}

async function receive(
  request: Request,
  { file, kept, ...typing }: Pick<Wanted, "file"> & Typing & { kept: FileHandle },
) {
  let fileName: string | null = null;
  let whole = true;
  let writing = Promise.resolve();
  try {
    const parser = openParser(request, typing);
    parser.on("file", (name, stream, { filename }) => {
      // A form that breaks off ends every file in it with an error, which somebody has to hear.
      if (name !== file) return void stream.on("error", () => {}).resume();
      fileName = filename ? plainName(filename) : null;
      stream.on("limit", () => (whole = false));
      writing = write(stream, kept);
      // Nothing takes the rest of the form then: it ends with this error. Otherwise it is awaited below.
      writing.catch((error: Error) => isOfDisk(error) || parser.destroy(error));
    });
    if (request.body) await pipeline(Readable.fromWeb(request.body as ReadableStream), parser);
    await writing;
  } catch (error) {
    if (isOfDisk(error)) throw error;
    throw data(
      { message: "What your browser sent was not a form that we can read. Nothing was changed." },
      { status: 400 },
    );
  }
  return { fileName, whole };
}

/** Rejects when all of it has come in: who would be cut off in the middle would never read why. */
async function write(stream: Readable, kept: FileHandle): Promise<void> {
  let failure: unknown;
  for await (const piece of stream) {
    if (failure === undefined)
      await kept.appendFile(piece as Buffer).catch((error: Error) => (failure = error));
  }
  if (failure !== undefined) throw failure;
}

/** A disk that is full, or broken, is our failure, and not the form's. */
const diskEvents: Record<string, string> = {
  ENOSPC: "disk.full",
  EDQUOT: "disk.full",
  EIO: "disk.failed",
  EROFS: "disk.failed",
};
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? "";
const isOfDisk = (error: unknown) => codeOf(error) in diskEvents;

const plainName = (name: string) =>
  [...(name.split(/[/\\]/).at(-1) ?? "").normalize("NFC").replaceAll(/[\p{Cc}\p{Cf}]/gu, "")]
    .slice(0, 200)
    .join("") || "A file without a name";
