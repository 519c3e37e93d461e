import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import type { Services } from "#app/context.ts";
import { apiRouter } from "#app/server/api/router.ts";
import { mediaRouter } from "#app/server/media.ts";
import { createPagePresence } from "#app/server/page-presence.ts";
import { createQuestions } from "#app/server/questions.ts";
import { webhooksRouter } from "#app/server/webhooks.ts";

/** The routes that serve bytes and machines, without the pages. */
export async function startMachinesWeb(services: Services) {
  const app = express();
  app.set("query parser", "simple");
  app.use("/webhooks", webhooksRouter(services));
  app.use("/api/v1", apiRouter(services));
  const shared = { questions: createQuestions(services.db), countPerson: createPagePresence(services) };
  app.use("/media", mediaRouter(services, shared));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
