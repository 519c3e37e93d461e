import { once } from "node:events";
import { createServer, type IncomingMessage, request as ask, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, createSharedCache, type Manners } from "./shared-cache.ts";

/**
 * A reverse proxy with a shared cache, at an address of its own on 127.0.0.1, in front of `upstream`. What it hands out
 * without asking has `X-Cache: hit`. Its `kept` tells what it holds.
 */
export async function startCachingProxy(upstream: string, manners: Manners) {
  const cache = createSharedCache(manners);
  const { hostname, port } = new URL(upstream);
  const server = createServer((request, response) => {
    answer(request).then(
      ({ hit, ...found }) => send(response, found, hit),
      () => response.writeHead(502).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  async function answer(request: IncomingMessage): Promise<Answer & { hit: boolean }> {
    const { method = "GET", url = "/", headers } = request;
    const asked = { method, url, headers };
    const known = cache.find(asked);
    if (known) return { ...known, hit: true };
    const passed = ask({ host: hostname, port, method, path: url, headers, agent: false });
    request.pipe(passed);
    const [found] = (await once(passed, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of found as AsyncIterable<Buffer>) chunks.push(chunk);
    const fresh = { status: found.statusCode ?? 502, headers: found.headers, body: Buffer.concat(chunks) };
    cache.keep(asked, fresh);
    return { ...fresh, hit: false };
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    kept: cache.kept,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function send(response: ServerResponse, { status, headers, body }: Answer, hit: boolean): void {
  const { "transfer-encoding": _framing, ...others } = headers;
  response.writeHead(status, { ...others, "content-length": body.length, "x-cache": hit ? "hit" : "miss" });
  response.end(body);
}
