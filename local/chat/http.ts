import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { identify } from "./access.ts";
import { type Call, objectOf } from "./call.ts";
import { badInput, ChatError } from "./chat-error.ts";
import type { Database } from "./database.ts";
import type { Hub } from "./hub.ts";
import type { Fields } from "./objects.ts";
import { createRateLimits } from "./rate-limits.ts";
import { findRoute } from "./routes.ts";
import type { ChatSettings } from "./settings.ts";
import { makeGuest } from "./users.ts";
import type { Webhooks } from "./webhooks.ts";
import type { World } from "./world.ts";

const largestBody = 1024 * 1024;
/** What browsers are let send (stream-chat's requests; no cookies). */
const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
  "access-control-allow-headers":
    "authorization, content-type, stream-auth-type, x-client-request-id, x-stream-client",
  "access-control-max-age": "86400",
};

type Parts = { world: World; hub: Hub; webhooks: Webhooks; database: Database; settings: ChatSettings };

/**
 * The HTTP half of the wire: JSON in, JSON out, `api_key`, `user_id` and `connection_id` in the address, the token in
 * `Authorization` without "Bearer" (stream-chat, `client.ts`, `_enrichAxiosOptions`). POSTs are answered 201. An answer
 * goes out when what it says is on disk, and others are told only then. A route that is not here is 501, in words.
 */
export function createChatServer({ world, hub, webhooks, database, settings }: Parts): Server {
  const limits = createRateLimits(settings.requestsPerMinute);

  async function handle(request: IncomingMessage, url: URL): Promise<Fields> {
    const method = request.method ?? "GET";
    const path = url.pathname.replace(/\/+$/, "");
    const found = findRoute(method, path);
    const isGuest = method === "POST" && path === "/guest";
    const query = url.searchParams;
    const identity = identify(world, settings, {
      apiKey: query.get("api_key"),
      authType: isGuest ? "anonymous" : header(request, "stream-auth-type"),
      token: isGuest ? "" : header(request, "authorization"),
      userId: query.get("user_id"),
    });
    if (!found && !isGuest) {
      console.error(`not served: ${method} ${path}`);
      throw new ChatError(
        501,
        `The local chat server does not serve ${method} ${path}. The real service may.`,
      );
    }
    const body = method === "GET" || method === "DELETE" ? {} : await readBody(request);
    const user = identity.userId === undefined ? undefined : world.users.get(identity.userId);
    const person = user ?? (identity.anonymous ? anonymous(world, identity.userId) : undefined);
    if (!identity.server && !person) throw new ChatError(4, `The user ${identity.userId} doesn't exist`);
    if (!identity.server && !identity.anonymous && found)
      limits.count(identity.userId ?? "", `${method} ${found.route.pattern.source}`);
    const connectionId = query.get("connection_id");
    const connection = connectionId ? hub.connections.get(connectionId) : undefined;
    if (connectionId && !connection) throw new ChatError(46, `connection_id ${connectionId} doesn't exist`);
    const call: Call = {
      ...{ world, hub, webhooks, query, body, connection, later: [] },
      caller: { server: identity.server, user: person },
      payload: payloadIn(query),
      params: found?.params ?? [],
    };
    const began = performance.now();
    const answer = found ? found.route.handler(call) : makeGuest(call, settings.apiSecret);
    await database.commit().catch((error: Error) => {
      console.error(`database: ${error.message}`);
      throw new ChatError(503, "The local chat server cannot reach its database");
    });
    for (const tell of call.later) tell();
    return { ...answer, duration: `${(performance.now() - began).toFixed(2)}ms` };
  }

  return createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://chat");
    if (request.method === "OPTIONS") return void response.writeHead(204, cors).end();
    if (url.pathname === "/healthz") return send(response, 200, { status: "ok" });
    handle(request, url).then(
      (answer) => send(response, request.method === "POST" ? 201 : 200, answer),
      (error: unknown) => {
        if (error instanceof ChatError) return send(response, error.status, error.toBody(), error.headers);
        console.error(error);
        send(response, 500, {
          code: -1,
          message: "The local chat server has failed",
          StatusCode: 500,
          duration: "",
          more_info: "",
          details: [],
        });
      },
    );
  });
}

function send(response: ServerResponse, status: number, body: Fields, headers: Record<string, string> = {}) {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      ...cors,
      ...headers,
      "content-type": "application/json;charset=utf-8",
      "content-length": Buffer.byteLength(text),
    })
    .end(text);
}

const header = (request: IncomingMessage, name: string) => {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
};

/** Nobody in particular: the role `anonymous`. */
function anonymous(world: World, id: string | undefined) {
  const at = world.now();
  return { id: id ?? "anonymous", role: "anonymous", created_at: at, updated_at: at };
}

function payloadIn(query: URLSearchParams): Fields {
  const text = query.get("payload");
  if (!text) return {};
  try {
    return objectOf(JSON.parse(text));
  } catch {
    throw badInput("Query", "payload is not JSON");
  }
}

async function readBody(request: IncomingMessage): Promise<Fields> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestBody) throw new ChatError(22, "the request is larger than 1 MB");
    chunks.push(chunk);
  }
  if (length === 0) return {};
  try {
    return objectOf(JSON.parse(Buffer.concat(chunks).toString("utf8")));
  } catch {
    throw new ChatError(4, "the request is not JSON");
  }
}
