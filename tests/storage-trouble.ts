import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Asked } from "./r2-rules.ts";

/** What comes in place of an honest answer. */
export type Trouble =
  /** An S3 error, as the store would say it; it has not done what it was asked. */
  | { refuse: 403 | 404 | 429 | 500 | 503 | 507 }
  /** The answer begins so many ms later. */
  | { slowMs: number }
  /** The body ends with the connection after so many bytes, though its length was promised. */
  | { cutAfter: number }
  /** The body has no more than so many bytes, and says so. */
  | { shortenTo: number }
  /** The body stands still after so many bytes; the connection stays. */
  | { stallAfter: number }
  /** Of what is sent no more is taken than so many bytes a second, and so without end. */
  | { takePerSecond: number }
  /** The request is taken, and nothing follows. */
  | "silence"
  /** The connection ends without an answer. */
  | "hang up"
  /** Done after the store has done what it was asked, before it is answered. */
  | { then: (asked: Asked) => Promise<void> };

/** Passes an answer on, whole or as the trouble wants it. */
export async function sendOn(
  found: IncomingMessage,
  response: ServerResponse,
  trouble: Trouble | undefined,
): Promise<void> {
  const how = typeof trouble === "object" ? trouble : {};
  const headers = { ...found.headers };
  if ("shortenTo" in how)
    headers["content-length"] = String(Math.min(Number(how.shortenTo), Number(headers["content-length"])));
  response.writeHead(found.statusCode ?? 502, headers);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  let left = bytesLeft(how);
  for await (const chunk of found as AsyncIterable<Buffer>) {
    const piece = chunk.subarray(0, Math.min(chunk.length, left));
    left -= piece.length;
    if (piece.length > 0 && !response.write(piece))
      await once(response, "drain", { signal: gone.signal }).catch(() => {});
    if (left <= 0 || response.destroyed) break;
  }
  if ("cutAfter" in how) response.destroy();
  else if (!("stallAfter" in how)) response.end();
}

function bytesLeft(how: object): number {
  const limits = how as Record<string, number | undefined>;
  return limits.shortenTo ?? limits.cutAfter ?? limits.stallAfter ?? Infinity;
}

/** Takes a request's body at so many bytes a second, and never answers. */
export function takeSlowly(request: IncomingMessage, bytesPerSecond: number): void {
  // What is not read stands in the sockets' buffers, and then at the sender.
  const timer = setInterval(() => request.read(Math.min(bytesPerSecond, request.readableLength)), 1000);
  request.on("close", () => clearInterval(timer));
  request.on("error", () => {});
}
