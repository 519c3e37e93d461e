import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request as ask, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Asked, createR2Rules, type Refusal } from "./r2-rules.ts";
import { sendOn, takeSlowly, type Trouble } from "./storage-trouble.ts";

export type { Trouble } from "./storage-trouble.ts";

export type Rule = {
  methods?: string[];
  /** Whose key fits; the bucket's own requests have the prefix that they list. */
  key?: RegExp;
  /** Which requests exactly. */
  only?: (asked: Asked) => boolean;
  /** For so many requests; default: all. */
  times?: number;
  trouble: Trouble;
};

export type StorageProxy = Awaited<ReturnType<typeof startStorageProxy>>;

const codes: Record<number, string> = {
  403: "AccessDenied",
  404: "NoSuchKey",
  429: "TooManyRequests",
  500: "InternalError",
  503: "SlowDown",
  507: "InsufficientStorage",
};

/**
 * A plain proxy in front of an S3 server, at an address of its own. It passes on what it is asked, signatures and all,
 * and refuses what R2 refuses; while a rule fits, there is trouble instead. `seen` has each request.
 */
export async function startStorageProxy({ endpoint, bucket }: { endpoint: string; bucket: string }) {
  const upstream = new URL(endpoint);
  const agent = new Agent({ keepAlive: true });
  const r2 = createR2Rules();
  const rules = new Set<Rule & { hits: number }>();
  const seen: (Asked & { status: number })[] = [];
  const open = new Set<Socket>();
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = readAsked(request, bucket);
    response.on("close", () =>
      seen.push({ ...asked, status: response.headersSent ? response.statusCode : 0 }),
    );
    const trouble = troubleFor(asked);
    if (trouble === "hang up") return void request.socket.destroy();
    if (trouble === "silence") return void request.resume();
    if (trouble && "takePerSecond" in trouble) return takeSlowly(request, trouble.takePerSecond);
    if (trouble && "refuse" in trouble) {
      const { refuse: status } = trouble;
      return refuse(request, response, { status, code: codes[status]!, message: "There is trouble." });
    }
    const refusal = r2.judge(asked);
    if (refusal) return refuse(request, response, refusal);
    if (trouble && "slowMs" in trouble) await pause(trouble.slowMs);
    await pass(request, response, { asked, trouble });
  }

  function troubleFor(asked: Asked): Trouble | undefined {
    for (const rule of rules) {
      if (rule.methods && !rule.methods.includes(asked.method)) continue;
      if (rule.key && !rule.key.test(asked.key || (asked.query.get("prefix") ?? ""))) continue;
      if (rule.only && !rule.only(asked)) continue;
      if (rule.hits >= (rule.times ?? Infinity)) continue;
      rule.hits++;
      return rule.trouble;
    }
    return undefined;
  }

  function pass(
    request: IncomingMessage,
    response: ServerResponse,
    { asked, trouble }: { asked: Asked; trouble: Trouble | undefined },
  ): Promise<void> {
    const { hostname: host, port } = upstream;
    const { method, url: path, headers } = request;
    const passed = ask({ host, port, method, path, headers, agent });
    request.pipe(passed);
    response.on("close", () => passed.destroy());
    return new Promise((resolve, reject) => {
      passed.on("error", reject);
      passed.on("response", (found) => {
        const { statusCode = 500 } = found;
        if (statusCode >= 500) r2.failedAt(asked.key);
        const done = statusCode < 300;
        const after =
          done && trouble && typeof trouble === "object" && "then" in trouble
            ? trouble.then(asked)
            : undefined;
        Promise.resolve(after)
          .then(() => sendOn(found, response, trouble))
          .then(resolve, reject);
      });
    });
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    /** What R2 has refused, in sentences. */
    broken: r2.broken,
    /** Makes trouble until it is lifted; `hits` counts. */
    make(rule: Rule) {
      const made = Object.assign({ hits: 0 }, rule);
      rules.add(made);
      return Object.assign(made, { lift: () => void rules.delete(made) });
    },
    /** Everything works again. What was left without an answer is hung up. */
    calm() {
      rules.clear();
      for (const socket of open) socket.destroy();
    },
    async close() {
      agent.destroy();
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, "close");
    },
  };
}

function readAsked(request: IncomingMessage, bucket: string): Asked {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://store");
  const key = decodeURIComponent(pathname).slice(`/${bucket}/`.length);
  const bytes = Number(request.headers["content-length"] ?? 0);
  return { method: request.method ?? "GET", key, query: searchParams, bytes };
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, message }: Refusal,
): void {
  request.resume();
  response.writeHead(status, {
    "Content-Type": "application/xml",
    ...(status === 429 && { "Retry-After": "1" }),
  });
  response.end(
    request.method === "HEAD"
      ? undefined
      : `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  );
}
