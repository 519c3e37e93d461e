import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import type { Fields } from "./objects.ts";

export type Connection = {
  id: string;
  userId: string;
  anonymous: boolean;
  socket: WebSocket;
  watching: Set<string>;
};
export type Hub = ReturnType<typeof createHub>;

/** A client that does not read what it is sent is let go before it fills our memory. */
const mostBuffered = 4 * 1024 * 1024;

/**
 * Who is connected and what each connection watches. One connection is one `connection_id` with a watch set of its own,
 * which ends with it; a channel's watchers are counted as people, not as connections, anonymous ones each by themselves
 * (stream-chat's old integration tests, Feb 2021).
 */
export function createHub() {
  const connections = new Map<string, Connection>();
  const watchers = new Map<string, Set<Connection>>();
  const ofUser = new Map<string, Set<Connection>>();

  function send(connection: Connection, text: string) {
    const { socket } = connection;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > mostBuffered) socket.terminate();
    else socket.send(text);
  }

  return {
    connections,

    open(socket: WebSocket, { userId, anonymous }: { userId: string; anonymous: boolean }): Connection {
      const connection = { id: randomUUID(), userId, anonymous, socket, watching: new Set<string>() };
      connections.set(connection.id, connection);
      add(ofUser, userId, connection);
      return connection;
    },

    /** Ends a connection; gives the channels whose watchers are one person fewer by it. */
    close(connection: Connection): string[] {
      connections.delete(connection.id);
      take(ofUser, connection.userId, connection);
      return [...connection.watching].filter((cid) => this.unwatch(connection, cid));
    },

    /** True when the channel has one person more by it. */
    watch(connection: Connection, cid: string): boolean {
      if (connection.watching.has(cid)) return false;
      const isFirst = !this.isWatching(connection.userId, cid);
      connection.watching.add(cid);
      add(watchers, cid, connection);
      return isFirst || connection.anonymous;
    },

    /** True when the channel has one person fewer by it. */
    unwatch(connection: Connection, cid: string): boolean {
      if (!connection.watching.delete(cid)) return false;
      take(watchers, cid, connection);
      return connection.anonymous || !this.isWatching(connection.userId, cid);
    },

    /** Nobody watches a channel that is deleted. */
    drop(cid: string) {
      for (const connection of watchers.get(cid) ?? []) connection.watching.delete(cid);
      watchers.delete(cid);
    },

    isWatching: (userId: string, cid: string): boolean =>
      [...(ofUser.get(userId) ?? [])].some(({ watching }) => watching.has(cid)),

    watcherIds(cid: string): string[] {
      const ids = [...(watchers.get(cid) ?? [])].map(({ userId, anonymous, id }) =>
        anonymous ? id : userId,
      );
      return [...new Set(ids)];
    },

    connectionsOf: (userId: string): number => ofUser.get(userId)?.size ?? 0,

    /** Tells everybody who watches a channel; the event is made into text once. */
    toWatchers(cid: string, event: Fields, except?: (userId: string) => boolean) {
      const text = JSON.stringify(event);
      for (const connection of watchers.get(cid) ?? [])
        if (!except?.(connection.userId)) send(connection, text);
    },

    /** Tells all connections of a person. */
    toUser(userId: string, event: Fields) {
      const text = JSON.stringify(event);
      for (const connection of ofUser.get(userId) ?? []) send(connection, text);
    },

    send,
  };
}

function add(map: Map<string, Set<Connection>>, key: string, connection: Connection) {
  const set = map.get(key) ?? new Set<Connection>();
  map.set(key, set.add(connection));
}

function take(map: Map<string, Set<Connection>>, key: string, connection: Connection) {
  const set = map.get(key);
  set?.delete(connection);
  if (set?.size === 0) map.delete(key);
}
