import { createEgresses } from "./egresses.ts";
import { readSettings } from "./settings.ts";
import { createTwirpServer } from "./twirp.ts";
import { createWebhooks } from "./webhooks.ts";

/**
 * The local recorder: answers in the place of LiveKit Egress, so that one machine needs no Chrome, GStreamer and Redis.
 * It serves Twirp on HOST:PORT and keeps one process for each recording; `settings.ts` has its environment.
 */
const settings = settingsOrExit();
const webhooks = createWebhooks({
  url: settings.webhookUrl,
  key: settings.webhookKey,
  secret: settings.webhookSecret,
});
const egresses = createEgresses({ ...settings, log: (line) => console.log(line) }, webhooks);
const server = createTwirpServer(egresses, settings);

server.on("error", (error) => {
  console.error(`The recorder cannot listen on ${settings.host}:${settings.port}: ${error.message}`);
  process.exit(1);
});
server.listen(settings.port, settings.host, () => {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : settings.port;
  console.log(`Recorder ready on http://${settings.host}:${port}, ${settings.capacity} recordings at once`);
});

let ending = false;
const end = async () => {
  if (ending) return;
  ending = true;
  await egresses.drain();
  server.close();
  process.exit(0);
};
process.on("SIGTERM", end);
process.on("SIGINT", end);

function settingsOrExit() {
  try {
    return readSettings(process.env);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
