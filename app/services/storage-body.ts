import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { isServiceError, serviceError } from "./service-error.ts";

/**
 * The same body, which ends with an error when storage sends nothing of it for so many ms although somebody reads: the
 * connection alone can stay for hours. Who reads slowly, or not at all for a while, may.
 */
export function withPatience(body: Readable & { socket?: Socket }, patienceMs: number): Readable {
  let received = -1;
  // Counted in looks, not by the clock: while this process is busy nothing can have come.
  let still = 0;
  const look = setInterval(() => {
    const now = body.socket?.bytesRead ?? 0;
    // What lies there unread is not storage's fault.
    still = now !== received || body.readableLength > 0 ? 0 : still + 1;
    received = now;
    if (still < looks) return;
    body.destroy(serviceError("storage", "an object stopped coming", { retryable: true, code: "silent" }));
  }, patienceMs / looks);
  look.unref();
  body.once("close", () => clearInterval(look));
  return body;
}

const looks = 6;

/** The pieces of a body. Rejects with a ServiceError when storage ends it before its end. */
export async function* piecesOf(body: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const piece of body as AsyncIterable<Buffer>) yield piece;
  } catch (error) {
    if (isServiceError(error)) throw error;
    throw serviceError("storage", "an object was cut short", {
      retryable: true,
      code: "cut_short",
      cause: error,
    });
  }
}

/** All of a body that is `length` bytes long. Each piece goes into its place as it comes, so that none is there twice. */
export async function wholeOf(body: Readable, length: number): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for await (const piece of piecesOf(body)) {
    whole.set(piece.subarray(0, length - at), at);
    at += piece.length;
    if (at > length) break;
  }
  if (at === length) return whole;
  throw serviceError("storage", "an object is not as long as it says", {
    retryable: true,
    code: "cut_short",
  });
}
