import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** What a client of Postgres sends to have something done: a plain query, or a prepared one. */
const asks = new Set(["Q".charCodeAt(0), "E".charCodeAt(0)]);

/** A line to the database at `databaseUrl` that counts what is asked through it. */
export async function startCountedLine(databaseUrl: string) {
  const { hostname, port } = new URL(databaseUrl);
  let asked = 0;
  const server = createServer((socket) => {
    const upstream = connect(Number(port), hostname);
    const count = countAsking(() => (asked += 1));
    socket.on("error", () => {}).on("close", () => upstream.destroy());
    upstream.on("error", () => {}).on("close", () => socket.destroy());
    socket.on("data", count);
    socket.pipe(upstream).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = (server.address() as AddressInfo).port;
  return {
    url: Object.assign(new URL(databaseUrl), { hostname: "127.0.0.1", port: String(at) }).href,
    asked: () => asked,
    close: () => void server.close(),
  };
}

/** Reads what a client sends: at first a message without a type, then each with one before its length. */
function countAsking(tell: () => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let begun = false;
  return (bytes) => {
    rest = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
    for (;;) {
      const head = begun ? 1 : 0;
      if (rest.length < head + 4) return;
      const end = head + rest.readUInt32BE(head);
      if (rest.length < end) return;
      if (begun && asks.has(rest[0]!)) tell();
      begun = true;
      rest = rest.subarray(end);
    }
  };
}
