import { createServer } from "node:http";
import express from "express";
import { configOrExit } from "#app/config.ts";
import { followDatabaseClock } from "#app/services/clock.ts";
import { createLiveKit } from "#app/services/livekit.ts";
import { createLog } from "#app/services/log.ts";
import { openDatabase } from "#db/client.ts";
import { createGate } from "./gate/gate.ts";
import { listen } from "./listen.ts";
import { refusalPage } from "./refusal-page.ts";

/**
 * The signal gate as a process of its own, behind the same origin as web: whatever stands before both sends addresses that
 * begin with `/rtc` here. It needs the database and LiveKit, and takes the same environment as web.
 */
const config = configOrExit();
const log = createLog({ level: config.logLevel, name: "gate" });
const onError = (error: Error) => log.warn({ err: error }, "database connection lost");
const db = openDatabase(config.databaseUrl, { max: 10, onError });
// A database that is away is waited for, and the machine's own clock taken meanwhile.
const clock = await followDatabaseClock(db, log).catch(() => undefined);
const gate = createGate({ config, db, log, livekit: createLiveKit(config.livekit) });

let draining = false;
const app = express();
app.disable("x-powered-by");
app.get("/healthz", (_, response) => void response.type("text/plain").send("ok\n"));
app.get(
  "/readyz",
  (_, response) =>
    void response
      .status(draining ? 503 : 200)
      .type("text/plain")
      .send(draining ? "not ready\n" : "ready\n"),
);
app.use((request, response, next) =>
  gate.answer(request, response).then((answered) => {
    if (!answered) response.status(404).type("html").send(refusalPage(404));
  }, next),
);
const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 60_000 }, app);
gate.attach(server);
const door = await listen(server, config).catch((error: Error) => {
  console.error(`Frontrow's gate cannot listen on ${config.host}:${config.port}: ${error.message}`);
  process.exit(1);
});
log.info({ port: config.port }, "the gate is ready");
process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void drain());

async function drain() {
  draining = true;
  log.info("the gate is draining");
  const forced = setTimeout(() => process.exit(1), 10_000);
  server.closeIdleConnections();
  await gate.close();
  await door.close();
  clock?.stop();
  await db.destroy();
  clearTimeout(forced);
  process.exit(0);
}
