import { openDatabase } from "./database.ts";
import { createChatServer } from "./http.ts";
import { createHub } from "./hub.ts";
import { readSettings } from "./settings.ts";
import { attachSockets } from "./sockets.ts";
import { createWebhooks } from "./webhooks.ts";
import { loadWorld } from "./world.ts";

/**
 * The local chat server: answers in the place of GetStream, which has no edition of its own to run, over the same wire, so
 * that the unmodified SDKs need only its address. `settings.ts` has its environment.
 */
const settings = settingsOrExit();
const database = await openDatabase(settings.databaseUrl).catch((error: Error) => {
  console.error(`The chat server cannot reach its database: ${error.message}`);
  process.exit(1);
});
const world = await loadWorld(database);
const hub = createHub();
const webhooks = createWebhooks({
  url: settings.webhookUrl,
  apiKey: settings.apiKey,
  apiSecret: settings.apiSecret,
});
const server = createChatServer({ world, hub, webhooks, database, settings });
const sockets = attachSockets(server, { world, hub, database, settings });

server.on("error", (error) => {
  console.error(`The chat server cannot listen on ${settings.host}:${settings.port}: ${error.message}`);
  process.exit(1);
});
server.listen(settings.port, settings.host, () => {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : settings.port;
  console.log(`Chat server ready on http://${settings.host}:${port}`);
});

let ending = false;
const end = async () => {
  if (ending) return;
  ending = true;
  for (const socket of sockets.clients) socket.close(1001, "the server ends");
  server.close();
  server.closeIdleConnections();
  await database.commit().catch(() => {});
  await database.close();
  process.exit(0);
};
process.on("SIGTERM", () => void end());
process.on("SIGINT", () => void end());

function settingsOrExit() {
  try {
    return readSettings(process.env);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
