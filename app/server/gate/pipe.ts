import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";

/** More signalling than this in a second is no client of LiveKit's: a long join with its offer is a tenth of it. */
const mostBytesPerSecond = 512 * 1024;
/** A browser that vanished without a word is noticed by TCP itself. */
const keepAliveMs = 15_000;

type Sides = {
  client: Duplex;
  clientHead: Buffer;
  upstream: Duplex;
  upstreamHead: Buffer;
  response: IncomingMessage;
};

/**
 * Passes LiveKit's consent on to the browser, and from then on bytes both ways, unread. When one side ends the other does;
 * `onEnd` is called once then.
 */
export function joinSockets(
  { client, clientHead, upstream, upstreamHead, response }: Sides,
  onEnd: () => void,
) {
  for (const socket of [client, upstream] as Socket[]) {
    socket.setNoDelay?.(true);
    socket.setKeepAlive?.(true, keepAliveMs);
    socket.setTimeout?.(0);
  }
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    client.destroy();
    upstream.destroy();
    onEnd();
  };
  // Cutting meets writes that are under way: what they say (EPIPE, ECONNRESET) is the cutting.
  for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
  client.write(headOf(response));
  if (upstreamHead.length > 0) client.write(upstreamHead);
  if (clientHead.length > 0) upstream.write(clientHead);

  let second = 0;
  let bytes = 0;
  client.on("data", (part: Buffer) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) bytes = 0;
    second = now;
    bytes += part.length;
    if (bytes > mostBytesPerSecond) end();
  });
  client.pipe(upstream);
  upstream.pipe(client);
  return { cut: end };
}

function headOf({ statusCode = 101, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
