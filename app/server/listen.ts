import { once } from "node:events";
import type { Server } from "node:http";
import { createServer, type Server as NetServer } from "node:net";

/**
 * Node takes one new connection for each turn of its loop, and under load a turn is long: those who come stand in line at
 * the door while the house has room for them. So there are so many doors, and at each turn one is let in through each.
 * Only Linux divides those who come among several.
 */
const doors = process.platform === "linux" ? 8 : 1;
/** Who comes while all of them are busy stands here until it is let in, instead of being turned away. */
const backlog = 1_024;

/**
 * Has `server` listen on a port, by several doors (SO_REUSEPORT). Rejects as listening does: EADDRINUSE also when another
 * process listens there in the same way, which the system itself would allow. `close()` shuts all doors, and resolves once
 * every request that came in has its answer.
 */
export async function listen(
  server: Server,
  { port, host }: { port: number; host: string },
): Promise<{ close(): Promise<void> }> {
  const probe = createServer();
  await listening(probe, { port, host });
  await new Promise((resolve) => probe.close(resolve));
  const others = Array.from({ length: doors - 1 }, () =>
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit("connection", socket)),
  );
  const reusePort = doors > 1;
  for (const door of [server, ...others]) await listening(door, { port, host, backlog, reusePort });
  return {
    async close() {
      // A connection that is kept for the next request ends with the answer that it waits for.
      const idle = setInterval(() => server.closeIdleConnections(), 100);
      await Promise.all(
        [server, ...others].map((door) => new Promise<void>((resolve) => door.close(() => resolve()))),
      );
      clearInterval(idle);
    },
  };
}

async function listening(door: NetServer, where: Parameters<NetServer["listen"]>[0]): Promise<void> {
  door.listen(where);
  await once(door, "listening");
}
