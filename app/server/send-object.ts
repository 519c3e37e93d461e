import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import type { Services } from "#app/context.ts";
import type { MediaObject } from "#app/domain/recordings/media-objects.ts";
import { serviceError } from "#app/services/service-error.ts";
import { readRange } from "./byte-ranges.ts";

type Sending = {
  object: MediaObject;
  contentType: string;
  cacheControl: string;
  disposition?: string;
  /** Asked again and again while a long answer is under way. */
  stillAllowed: () => Promise<boolean>;
};

/** A whole file takes as long as somebody watches it; what was allowed at its start may not be any more. */
const askEveryMs = 1000;

/**
 * Answers with an object of storage, or the range of it that was asked for (206, or 416 beyond its end); a HEAD with
 * the headers alone. A client that leaves closes the stream from storage. With `mediaRedirect` it is sent there
 * instead.
 */
export async function sendObject(
  { config, storage }: Pick<Services, "config" | "storage">,
  { object, contentType, cacheControl, disposition, stillAllowed }: Sending,
  request: Request,
  response: Response,
): Promise<void> {
  const { key, bytes } = object;
  if (config.mediaRedirect) {
    const url = await storage.sign(key, { seconds: 60, contentType, disposition });
    response.set("Cache-Control", "private, no-store").redirect(302, url);
    return;
  }
  const etag = `"${object.etag}"`;
  response.set({
    "Content-Type": contentType,
    "Cache-Control": cacheControl,
    "Accept-Ranges": "bytes",
    ETag: etag,
    "X-Content-Type-Options": "nosniff",
    ...(disposition && { "Content-Disposition": disposition }),
  });
  if (request.headers["if-none-match"] === etag) return void response.status(304).end();
  // Another version's rest would not fit to what the client has.
  const ifRange = request.headers["if-range"];
  const isSame = ifRange === undefined || ifRange === etag;
  const range = isSame ? readRange(request.headers.range, bytes) : undefined;
  if (range === "unsatisfiable") {
    return void response.status(416).set("Content-Range", `bytes */${bytes}`).end();
  }
  if (range) response.status(206).set("Content-Range", `bytes ${range.start}-${range.end}/${bytes}`);
  const length = range ? range.end - range.start + 1 : bytes;
  response.set("Content-Length", String(length));
  if (request.method === "HEAD") return void response.end();

  const found = await storage.open(key, range);
  if (!found || found.bytes !== length) {
    found?.body.destroy();
    response.removeHeader("Content-Length");
    response.removeHeader("Content-Range");
    throw serviceError("storage", "an object is not what it was", { retryable: true, code: "changed" });
  }
  // The client can be gone before there is anything to pipe.
  if (response.destroyed) return void found.body.destroy();
  const asking = setInterval(() => {
    // Our database being away cuts nobody off.
    stillAllowed().then(
      (allowed) => void (allowed || response.destroy()),
      () => {},
    );
  }, askEveryMs);
  try {
    await pipeline(found.body, response);
  } catch (error) {
    // Whoever left is no failure; what storage cut short must not look whole.
    if (!isGone(error)) response.destroy();
  } finally {
    clearInterval(asking);
  }
}

const isGone = (error: unknown) =>
  ["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"].includes(String((error as { code?: unknown }).code));
