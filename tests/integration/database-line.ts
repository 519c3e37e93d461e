import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/**
 * A line to the database that can be cut (what stands breaks, and nothing new is answered) or fall silent: nothing that is
 * asked arrives, and nobody says so, as with a host without power. After `speak` new connections are answered again; those
 * that fell silent stay so, as when another host took its place.
 */
export async function startLine(databaseUrl: string) {
  const { hostname, port } = new URL(databaseUrl);
  const open = new Map<Socket, Socket>();
  let state: "speaks" | "silent" | "cut" = "speaks";
  const server = createServer((socket) => {
    const upstream = connect(Number(port), hostname);
    open.set(socket, upstream);
    socket.on("error", () => {}).on("close", () => (open.delete(socket), upstream.destroy()));
    upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    upstream.pipe(socket);
    if (state === "cut") socket.destroy();
    else if (state === "silent") swallow(socket);
    else socket.pipe(upstream);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = (server.address() as AddressInfo).port;
  return {
    url: Object.assign(new URL(databaseUrl), { hostname: "127.0.0.1", port: String(at) }).href,
    cut() {
      state = "cut";
      for (const socket of open.keys()) socket.destroy();
    },
    fallSilent() {
      state = "silent";
      for (const [socket, upstream] of open) swallow(socket.unpipe(upstream));
    },
    speak() {
      state = "speaks";
    },
    async close() {
      for (const socket of open.keys()) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Takes what comes, as a network does. */
const swallow = (socket: Socket) => void socket.on("data", () => {}).resume();
