import type { IncomingMessage } from "node:http";
import express from "express";

/**
 * Gives a function that tells from which network address a request came, as `trustedProxies` say: the same as express does,
 * also for a wish for a web socket, which express never sees.
 */
export function networkAddressOf(trustedProxies: string[]): (request: IncomingMessage) => string {
  const app = express();
  app.set("trust proxy", trustedProxies.length > 0 ? trustedProxies : false);
  return ({ socket, headers }) => {
    const asked = Object.create(app.request, {
      socket: { value: socket },
      headers: { value: headers },
    }) as express.Request;
    return asked.ip ?? "";
  };
}
