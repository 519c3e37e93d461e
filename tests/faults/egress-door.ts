import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** What happens to a call of a method on its way. */
export type OnTheWay =
  /** It arrives and is done, and the answer is lost. */
  | "no answer"
  /** It arrives so many ms late, whether its sender still waits or not. */
  | { lateMs: number };

/**
 * Stands between the product and the recorder, and passes every call on, once at most. `trouble` names the method whose next
 * call has it; `calls` counts what arrived.
 */
export async function openEgressDoor(recorderUrl: string) {
  const trouble = new Map<string, OnTheWay>();
  const calls: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const method = (request.url ?? "").split("/").at(-1)!;
      const onTheWay = trouble.get(method);
      trouble.delete(method);
      if (onTheWay && onTheWay !== "no answer") await pause(onTheWay.lateMs);
      calls.push(method);
      const answer = await fetch(new URL(request.url ?? "", recorderUrl), {
        method: "POST",
        headers: {
          "content-type": request.headers["content-type"] ?? "",
          authorization: request.headers.authorization ?? "",
        },
        body: Buffer.concat(chunks),
      });
      const body = Buffer.from(await answer.arrayBuffer());
      if (onTheWay === "no answer") return;
      response
        .writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" })
        .end(body);
    })().catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trouble,
    calls,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
