import { createServer } from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { ServerBuild } from "@remix-run/node";
import { configOrExit } from "#app/config.ts";
import { requireSafeChat } from "#app/domain/chat/boot.ts";
import { closeServices, openServices } from "#app/open-services.ts";
import { createApp } from "./app.ts";
import { createGate } from "./gate/gate.ts";
import { listen } from "./listen.ts";
import { attachPageSocket } from "./page-socket.ts";

const config = configOrExit();
const services = await openServices(config, "web").catch((error: Error) => {
  console.error(
    `Frontrow cannot start: its database cannot be reached or is not migrated (${error.message}).`,
  );
  process.exit(1);
});
const { log } = services;

const buildFolder = path.join(import.meta.dirname, "../../build");
const build = (await import(pathToFileURL(path.join(buildFolder, "server/index.js")).href)) as ServerBuild;

let draining = false;
const gate = config.livekit.publicUrl ? undefined : createGate(services);
const app = createApp(services, {
  build,
  clientFolder: path.join(buildFolder, "client"),
  gate,
  isReady: () => !draining,
});
// A file of 20 MB may take its time to arrive; the head of a request may not.
const server = createServer(
  { keepAliveTimeout: 65_000, headersTimeout: 60_000, requestTimeout: 300_000 },
  app,
);
void requireSafeChat(services);
const pageSocket = attachPageSocket(server, services);
gate?.attach(server);
const door = await listen(server, config).catch((error: Error) => {
  console.error(`Frontrow cannot listen on ${config.host}:${config.port}: ${error.message}`);
  process.exit(1);
});
log.info({ port: config.port }, "web is ready");

// One request's mistake is logged where it happens. What arrives here is a bug nobody awaited: the others go on.
process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void drain());

/** Takes nothing new, answers what has begun, and ends. Open pages come back to another process, or to the next one. */
async function drain() {
  draining = true;
  log.info("web is draining");
  const forced = setTimeout(() => process.exit(1), 20_000);
  server.closeIdleConnections();
  await Promise.all([pageSocket.close(), gate?.close()]);
  await door.close();
  await closeServices(services);
  clearTimeout(forced);
  process.exit(0);
}
