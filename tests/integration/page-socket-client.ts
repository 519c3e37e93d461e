import { once, setMaxListeners } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import type { Audience } from "#app/domain/presence/presence.ts";
import type { StreamState } from "#app/domain/streams/state.ts";
import { attachPageSocket } from "#app/server/page-socket.ts";
import { openTestServices } from "./setup.ts";

type Message =
  | { type: "state"; at: string; state: StreamState }
  | ({ type: "viewers" } & Audience)
  | { type: "access-ended"; reason: string }
  | { type: "until"; until: string | null; remainingMs: number | null }
  | { type: "device"; ended: "other_device" | null; at: string }
  | { type: "beat"; at: string };

/** A web process with nothing but the page socket, on a database of its own. */
export async function startPageSockets() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const opened = await openTestServices({ env: { PUBLIC_URL: url } });
  const attached = attachPageSocket(server, opened.services);
  return {
    ...opened,
    url,
    server,
    attached,
    connect: (page: Parameters<typeof openPage>[1]) => openPage(url, page),
    async close() {
      await attached.close();
      server.closeAllConnections();
      server.close();
      await opened.close();
    },
  };
}

/** An open page: what it was told, and how it ended. */
export function openPage(
  url: string,
  {
    streamId,
    cookie,
    origin = url,
    tab = "tab-of-a-test",
    page = "watch",
    autoPong = true,
  }: {
    streamId: string;
    cookie?: string;
    origin?: string | null;
    tab?: string;
    page?: string;
    autoPong?: boolean;
  },
) {
  const address = new URL(`/events?${new URLSearchParams({ stream: streamId, tab, page })}`, url);
  const socket = new WebSocket(address.href.replace("http", "ws"), {
    headers: { ...(origin !== null && { origin }), ...(cookie && { cookie }) },
    autoPong,
  });
  const messages: Message[] = [];
  const heard = new EventTarget();
  setMaxListeners(0, heard);
  let closed: { code: number; at: number } | undefined;
  const refused = new Promise<number>((resolve) => {
    socket.on("unexpected-response", (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on("open", () => resolve(101));
  });
  socket.on("error", () => {});
  socket.on("message", (text: Buffer) => {
    messages.push(JSON.parse(text.toString()) as Message);
    heard.dispatchEvent(new Event("more"));
  });
  socket.on("close", (code) => {
    closed = { code, at: performance.now() };
    heard.dispatchEvent(new Event("more"));
  });

  /** Waits until `found` gives something; rejects after `ms`. */
  async function until<T>(found: () => T | undefined | false, ms = 3_000): Promise<T> {
    const end = performance.now() + ms;
    for (;;) {
      const value = found();
      if (value !== undefined && value !== false) return value;
      if (performance.now() > end)
        throw new Error(`not heard within ${ms} ms; heard ${JSON.stringify(messages)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50);
        heard.addEventListener("more", () => (clearTimeout(timer), resolve()), { once: true });
      });
    }
  }
  const states = () => messages.filter((message) => message.type === "state").map(({ state }) => state);
  return {
    socket,
    messages,
    /** The status of the answer to the upgrade; 101 when it was let in. */
    status: refused,
    states,
    state: (test: (state: StreamState) => boolean = () => true, ms?: number) =>
      until(() => states().findLast(test), ms),
    viewers: (now: number, ms = 20_000) =>
      until(() => {
        const last = messages.findLast((message) => message.type === "viewers");
        return last?.now === now && last;
      }, ms),
    untils: () => messages.filter((message) => message.type === "until"),
    /** The last that was said about this device, once it is as `test` wants it. */
    device: (test: (ended: "other_device" | null) => boolean = () => true, ms?: number) =>
      until(() => {
        const last = messages.findLast((message) => message.type === "device");
        return last && test(last.ended) && last;
      }, ms),
    ended: () => messages.find((message) => message.type === "access-ended"),
    closed: (ms?: number) => until(() => closed, ms),
    isOpen: () => socket.readyState === WebSocket.OPEN,
  };
}
