import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import type { Services } from "#app/context.ts";
import type { AccessDecision } from "#app/domain/access/decision.ts";
import type { MediaObject } from "#app/domain/recordings/media-objects.ts";
import { serviceError } from "#app/services/service-error.ts";
import { readRange } from "./byte-ranges.ts";
import { inTime } from "./in-time.ts";
import { keepFor } from "./keep-for.ts";
import type { SignedAddresses } from "./signed-addresses.ts";

export type SendingServices = Pick<Services, "config" | "storage"> & { sign: SignedAddresses };

type Sending = {
  object: MediaObject;
  contentType: string;
  cacheControl: string;
  disposition?: string;
  /** Never from storage itself, which asks nobody on the way to the end of a file. */
  throughUs?: boolean;
  /** Gives all of it, where it need not be read from storage for each who asks. */
  whole?: () => Promise<Uint8Array>;
} & Allowed;

export type Allowed = {
  /** When what was decided ends by itself, by `performance.now()`; null: it has no end of its own. */
  endsAt: number | null;
  /** What the decision says by now, undefined when it is no; asked again and again while a long answer is under way. */
  stillAllowed: () => Promise<AccessDecision | undefined>;
};

/** A whole file takes as long as somebody watches it; what was allowed at its start may not be any more. */
const askEveryMs = 1000;
const patienceMs = 5_000;

/**
 * Answers with an object of storage, or the range of it that was asked for (206, or 416 beyond its end); a HEAD with
 * the headers alone. A client that leaves closes the stream from storage, and so does the end of what was allowed. With
 * `mediaRedirect` it is sent there instead, unless `throughUs`.
 */
export async function sendObject(
  { config, storage, sign }: SendingServices,
  { object, contentType, cacheControl, disposition, throughUs = false, whole, ...allowed }: Sending,
  request: Request,
  response: Response,
): Promise<void> {
  const { key, bytes } = object;
  if (config.mediaRedirect && !throughUs) {
    const url = await sign(key, { contentType, disposition });
    response.set("Cache-Control", "private, no-store").redirect(302, url);
    return;
  }
  const etag = `"${object.etag}"`;
  const headers = {
    "Content-Type": contentType,
    "Cache-Control": cacheControl,
    "Accept-Ranges": "bytes",
    ETag: etag,
    "X-Content-Type-Options": "nosniff",
    ...(disposition && { "Content-Disposition": disposition }),
  };
  if (request.headers["if-none-match"] === etag) return void response.set(headers).status(304).end();
  // Another version's rest would not fit to what the client has.
  const ifRange = request.headers["if-range"];
  const isSame = ifRange === undefined || ifRange === etag;
  const range = isSame ? readRange(request.headers.range, bytes) : undefined;
  if (range === "unsatisfiable") {
    response.set(headers).status(416).set("Content-Range", `bytes */${bytes}`).type("text");
    return void response.end("There is nothing in that range: it begins behind the end.\n");
  }
  const length = range ? range.end - range.start + 1 : bytes;
  // Not before it is there: a refusal has none of them.
  const announce = () => {
    response.set({ ...headers, "Content-Length": String(length) });
    if (range) response.status(206).set("Content-Range", `bytes ${range.start}-${range.end}/${bytes}`);
  };
  if (request.method === "HEAD") {
    announce();
    return void response.end();
  }

  const begun = performance.now();
  if (whole) {
    const all = await whole();
    const now = await decideAgain(allowed, begun);
    if (response.destroyed) return;
    announce();
    response.once("close", endWith(response, now));
    return void response.end(range ? all.subarray(range.start, range.end + 1) : all);
  }
  const found = await storage.open(key, range);
  // It can break before anybody reads it.
  found?.body.on("error", () => {});
  let now: Allowed;
  try {
    if (found?.bytes !== length)
      throw serviceError("storage", "an object is not what it was", { retryable: true, code: "changed" });
    now = await decideAgain(allowed, begun);
  } catch (error) {
    found?.body.destroy();
    throw error;
  }
  // The client can be gone before there is anything to pipe.
  if (response.destroyed) return void found.body.destroy();
  announce();
  const stopAsking = endWith(response, now);
  try {
    await pipeline(found.body, response);
  } catch (error) {
    // Whoever left is no failure; what storage cut short must not look whole.
    if (!isGone(error)) response.destroy();
  } finally {
    stopAsking();
  }
}

/** What was decided, asked again where what is to be sent came so late that it may not hold any more. Rejects when it does not. */
async function decideAgain(allowed: Allowed, begun: number): Promise<Allowed> {
  const { endsAt, stillAllowed } = allowed;
  const isOver = endsAt !== null && performance.now() >= endsAt;
  if (!isOver && performance.now() - begun < askEveryMs) return allowed;
  const access = await stillAllowed();
  if (!access) throw Object.assign(new Error("not allowed any more"), { status: 403 });
  const { remainingMs } = access;
  return { stillAllowed, endsAt: remainingMs === null ? null : performance.now() + remainingMs };
}

/** Ends an answer that is under way: within some seconds of a no, and by its own time where no yes came since. */
function endWith(response: Response, { endsAt, stillAllowed }: Allowed): () => void {
  const kept: { timer: NodeJS.Timeout | undefined } = { timer: undefined };
  let stopped = false;
  let underWay = false;
  const end = () => void response.destroy();
  const keep = (remainingMs: number | null) => keepFor(kept, remainingMs, { ask, end });
  function ask() {
    if (underWay) return;
    underWay = true;
    inTime(patienceMs, stillAllowed)
      .then(
        (access) => {
          if (stopped) return;
          if (access) keep(access.remainingMs);
          else end();
        },
        // Our database being away cuts nobody off.
        () => {},
      )
      .finally(() => void (underWay = false));
  }
  keep(endsAt === null ? null : Math.max(0, endsAt - performance.now()));
  const asking = setInterval(ask, askEveryMs);
  return () => {
    stopped = true;
    clearInterval(asking);
    clearTimeout(kept.timer);
  };
}

const isGone = (error: unknown) =>
  ["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"].includes(String((error as { code?: unknown }).code));
