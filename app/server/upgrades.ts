import { STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";

/** A wish for a web socket, before anything is answered. */
export type Upgrade = { request: IncomingMessage; socket: Duplex; head: Buffer; url: URL };

/** Says whether it answers this wish, by its address. It answers by itself, now or later. */
export type TakeUpgrade = (upgrade: Upgrade) => boolean;

const takers = new WeakMap<Server, Set<TakeUpgrade>>();

/**
 * Hands the wishes for web sockets that a server gets to whoever knows their address; the others are refused with 404,
 * and an address that is none with 400. Gives a function that takes `take` away again.
 */
export function takeUpgrades(server: Server, take: TakeUpgrade): () => void {
  const known = takers.get(server);
  const all = known ?? new Set<TakeUpgrade>();
  all.add(take);
  if (!known) {
    takers.set(server, all);
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Nobody else listens to this socket any more: what is thrown or emitted here would end the whole process.
      socket.on("error", () => socket.destroy());
      const target = request.url ?? "/";
      if (!URL.canParse(target, "http://page")) return refuseUpgrade(socket, 400);
      const upgrade = { request, socket, head, url: new URL(target, "http://page") };
      if (![...all].some((takes) => takes(upgrade))) refuseUpgrade(socket, 404);
    });
  }
  return () => void all.delete(take);
}

/** Answers with a status and a short text instead of a web socket, and closes. `waitSeconds`: when to come back. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  { text = "", waitSeconds = 5 }: { text?: string; waitSeconds?: number } = {},
): void {
  const later = status === 429 || status === 503 ? `Retry-After: ${waitSeconds}\r\n` : "";
  const length = Buffer.byteLength(text);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\nCache-Control: no-store\r\n${later}\r\n`;
  socket.end(head + text);
  socket.once("finish", () => socket.destroy());
}
