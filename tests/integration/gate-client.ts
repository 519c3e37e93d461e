import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { JoinRequest, SignalResponse, WrappedJoinRequest } from "@livekit/protocol";
import express from "express";
import { WebSocket } from "ws";
import type { Services } from "#app/context.ts";
import { createGate } from "#app/server/gate/gate.ts";

/** A web process with nothing but the signal gate. `change` puts other services into its hands. */
export async function startGate(services: Services, change: Partial<Services> = {}) {
  const app = express();
  const server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = { ...(change.config ?? services.config), publicUrl: url };
  const gate = createGate({ ...services, ...change, config });
  app.use((request, response, next) =>
    gate.answer(request, response).then((answered) => void (answered || next()), next),
  );
  gate.attach(server);
  return {
    url,
    gate,
    connect: (signal: Signal) => openSignal(url, signal),
    /** What is asked after a socket was refused. */
    async validate({ token, cookie, origin, authorization }: Signal) {
      const response = await fetch(`${url}/rtc/validate?protocol=15&access_token=${token}`, {
        headers: {
          ...(origin === undefined ? { "sec-fetch-site": "same-origin" } : origin && { origin }),
          ...(cookie && { cookie }),
          ...(authorization && { authorization }),
        },
      });
      return { status: response.status, text: await response.text() };
    },
    async close() {
      await gate.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What `/rtc/v1` wants besides the token: the join request, as livekit-client's `createJoinRequestConnectionParams` packs it. */
export const joinRequest = Buffer.from(
  new WrappedJoinRequest({
    joinRequest: new JoinRequest({ clientInfo: { protocol: 15 } }).toBinary(),
  }).toBinary(),
).toString("base64url");

type Signal = {
  token: string;
  cookie?: string;
  origin?: string | null;
  authorization?: string;
  path?: string;
};

/** A signal socket as a client opens it, and what LiveKit says through it. */
export function openSignal(
  url: string,
  { token, cookie, origin = url, authorization, path = "/rtc" }: Signal,
) {
  const query = new URLSearchParams({ access_token: token, protocol: "15", sdk: "js", version: "2.23.0" });
  if (path.startsWith("/rtc/v1")) query.set("join_request", joinRequest);
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}?${query}`, {
    headers: {
      ...(origin !== null && { origin }),
      ...(cookie && { cookie }),
      ...(authorization && { authorization }),
    },
  });
  const heard: SignalResponse[] = [];
  socket.on("error", () => {});
  socket.on("message", (bytes: Buffer) => heard.push(SignalResponse.fromBinary(bytes)));
  const closed = new Promise<void>((resolve) => void socket.on("close", () => resolve()));
  const status = new Promise<number>((resolve) => {
    socket.on("unexpected-response", (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on("open", () => resolve(101));
    void closed.then(() => resolve(0));
  });
  return {
    status,
    closed,
    socket,
    heard: (kind: SignalResponse["message"]["case"]) => heard.find(({ message }) => message.case === kind),
    isOpen: () => socket.readyState === WebSocket.OPEN,
  };
}
