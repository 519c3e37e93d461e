import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { identify } from "./access.ts";
import { objectOf, textOf } from "./call.ts";
import { ChatError } from "./chat-error.ts";
import type { Database } from "./database.ts";
import type { Connection, Hub } from "./hub.ts";
import type { Fields, User } from "./objects.ts";
import type { ChatSettings } from "./settings.ts";
import { ownUserShape, userShape } from "./shapes.ts";
import type { World } from "./world.ts";

type Parts = { world: World; hub: Hub; database: Database; settings: ChatSettings };

/** The SDK pings every 25 s and expects something within 35 s (`connection.ts`); who says nothing for longer is gone. */
const patienceMs = 60_000;
/** Stream's documentation: 50 connections of a person in production. */
const mostConnections = 50;

/**
 * `GET /connect?json=…&api_key&authorization&stream-auth-type`: the first frame is the hello (`health.check` with `me` and
 * `connection_id`), or `connection.error` followed by a close that is not 1000, which the SDK would take for good
 * (`connection.ts`, `onmessage`, `onclose`). Pings are JSON arrays and are answered with a `health.check` without `me`.
 */
export function attachSockets(server: Server, { world, hub, database, settings }: Parts): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024, perMessageDeflate: false });

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const url = new URL(request.url ?? "/", "http://chat");
    if (url.pathname.replace(/\/+$/, "") !== "/connect") return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (page) => void welcome(page, url.searchParams));
  });

  async function welcome(socket: WebSocket, query: URLSearchParams) {
    socket.on("error", () => socket.terminate());
    let connection: Connection;
    try {
      const { user, anonymous } = personIn(query);
      if (hub.connectionsOf(user.id) >= mostConnections)
        throw new ChatError(9, "too many connections of this user");
      await database.commit();
      connection = hub.open(socket, { userId: user.id, anonymous });
      hub.send(
        connection,
        JSON.stringify({
          ...{ type: "health.check", cid: "*", connection_id: connection.id, created_at: world.now() },
          me: ownUserShape(world, user),
        }),
      );
    } catch (error) {
      if (!(error instanceof ChatError)) console.error(error);
      const refusal =
        error instanceof ChatError ? error : new ChatError(5, "the local chat server has failed");
      socket.send(
        JSON.stringify({
          ...{ type: "connection.error", connection_id: "", created_at: world.now() },
          error: refusal.toBody(),
        }),
      );
      return socket.close(4000 + refusal.code, "refused");
    }
    let quiet = setTimeout(() => socket.terminate(), patienceMs);
    socket.on("message", (raw) => {
      clearTimeout(quiet);
      quiet = setTimeout(() => socket.terminate(), patienceMs);
      if (!isPing(raw.toString())) return;
      const answer = {
        type: "health.check",
        cid: "*",
        connection_id: connection.id,
        created_at: world.now(),
      };
      hub.send(connection, JSON.stringify(answer));
    });
    socket.on("close", () => {
      clearTimeout(quiet);
      for (const cid of hub.close(connection)) sayLeft(cid, connection.userId);
    });
  }

  function personIn(query: URLSearchParams): { user: User; anonymous: boolean } {
    let given: Fields;
    try {
      given = objectOf(JSON.parse(query.get("json") ?? "{}"));
    } catch {
      throw new ChatError(4, "json is not JSON");
    }
    const token = query.get("authorization") ?? "";
    const isAnonymous = query.get("stream-auth-type") === "anonymous";
    const identity = identify(world, settings, {
      apiKey: query.get("api_key"),
      authType: isAnonymous ? "anonymous" : "jwt",
      token: isAnonymous ? "" : token === "undefined" || token === "null" ? "" : token,
      userId: textOf(given.user_id) || null,
    });
    if (identity.server) throw new ChatError(5, "a server token opens no socket");
    const details = objectOf(given.user_details);
    const id = identity.userId ?? textOf(details.id);
    const at = world.now();
    if (identity.anonymous)
      return {
        user: { id: id || "anonymous", role: "anonymous", created_at: at, updated_at: at },
        anonymous: true,
      };
    const known = world.users.get(id);
    // What a person may not say of themselves: a new one is refused for it, of a known one it is not heard.
    if (!known && ("role" in details || "teams" in details))
      throw new ChatError(4, "role and teams can only be set server-side");
    const own = Object.entries(details).filter(([name]) => !reserved.includes(name));
    const user: User = {
      ...{ role: "user", created_at: at, updated_at: at },
      ...known,
      ...Object.fromEntries(own),
      id,
    };
    if (!known || own.some(([name, value]) => JSON.stringify(known[name]) !== JSON.stringify(value)))
      world.saveUser(user);
    return { user, anonymous: false };
  }

  /** Nobody says "stopped watching" for a connection that is cut, so the channel is told when it ends. */
  function sayLeft(cid: string, userId: string) {
    const channel = world.channels.get(cid);
    const count = hub.watcherIds(cid).length;
    if (!channel || world.types.get(channel.type)?.connect_events !== true || count > 100) return;
    hub.toWatchers(cid, {
      ...{ type: "user.watching.stop", cid, channel_type: channel.type, channel_id: channel.id },
      ...{ user: userShape(world, userId), watcher_count: count, created_at: world.now() },
    });
  }

  return sockets;
}

const reserved = [
  ...[
    "id",
    "role",
    "teams",
    "banned",
    "online",
    "last_active",
    "created_at",
    "updated_at",
    "devices",
    "mutes",
  ],
  ...[
    "channel_mutes",
    "revoke_tokens_issued_before",
    "anon",
    "unread_count",
    "total_unread_count",
    "unread_channels",
  ],
];

function isPing(text: string): boolean {
  try {
    const said: unknown = JSON.parse(text);
    return Array.isArray(said) && said.some((each) => objectOf(each).type === "health.check");
  } catch {
    return false;
  }
}
