import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export type Received = { path: string; headers: IncomingHttpHeaders; body: string };

/**
 * A server of somebody else's: keeps what it is sent, and answers as `answer` says (a status, or never). `location` is where
 * its redirects lead.
 */
export async function startReceiver(
  answer: (received: Received) => number | "never" = () => 200,
  { location = "http://169.254.169.254/latest/meta-data/" } = {},
) {
  const received: Received[] = [];
  let open = 0;
  let mostOpen = 0;
  let connections = 0;
  const server: Server = createServer((request, response) => {
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    response.on("close", () => (open -= 1));
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one = {
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      received.push(one);
      const status = answer(one);
      if (status === "never") return;
      const redirect = status > 299 && status < 400;
      response.writeHead(status, redirect ? { location } : {});
      response.end("Thanks.");
    });
  });
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    received,
    port,
    url: `http://127.0.0.1:${port}/hook`,
    connections: () => connections,
    mostOpen: () => mostOpen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
