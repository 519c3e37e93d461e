import { once } from "node:events";
import { createServer, type IncomingMessage, request as ask, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

/**
 * What stands before the processes in a deployment: one address on 127.0.0.1, and `upstreamOf` says by the path which port
 * answers. It passes on what it is asked, adds the address of who asks to `X-Forwarded-For` as proxies do (and `adds`,
 * in place of what came under these names), and says 502 where nobody listens. `port`: its own, 0 for any.
 */
export async function startReverseProxy(
  upstreamOf: (path: string) => number,
  { adds = {}, port = 0 }: { adds?: Record<string, string>; port?: number } = {},
) {
  const open = new Set<Duplex>();
  const server = createServer((request, response) => pass(request, response));
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  server.on("upgrade", passUpgrade);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");

  function forward(request: IncomingMessage) {
    const before = request.headers["x-forwarded-for"];
    const by = request.socket.remoteAddress ?? "";
    return ask({
      host: "127.0.0.1",
      port: upstreamOf(new URL(request.url ?? "/", "http://page").pathname),
      method: request.method,
      path: request.url,
      headers: { ...request.headers, "x-forwarded-for": before ? `${String(before)}, ${by}` : by, ...adds },
      agent: false,
    });
  }

  function pass(request: IncomingMessage, response: ServerResponse) {
    const asked = forward(request);
    asked.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    asked.on("error", () => {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
    request.pipe(asked);
  }

  function passUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
    const asked = forward(request);
    socket.on("error", () => socket.destroy());
    asked.on("upgrade", (answer, upstream, upstreamHead) => {
      upstream.on("error", () => upstream.destroy()).on("close", () => socket.destroy());
      socket.on("close", () => upstream.destroy());
      socket.write(headOf(answer));
      socket.write(upstreamHead);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    asked.on("response", (answer) => {
      socket.write(headOf(answer));
      answer.pipe(socket);
    });
    asked.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
    asked.end();
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
