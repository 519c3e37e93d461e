import express, { type Request, type Response, Router } from "express";
import type { Services } from "#app/context.ts";
import { insertMailEvents, insertWebhookEvent } from "#app/domain/webhooks/events.ts";
import { isSigned } from "#app/services/webhook-signature.ts";
import { verifyWebhook } from "#app/services/livekit-webhooks.ts";
import { createChatIntake, readChatEvent } from "./chat-webhooks.ts";
import { isDatabaseAway } from "./database-away.ts";
import { readMailEvents } from "./mail-webhooks.ts";

/** LiveKit's largest body, of a room's many codecs and an egress's whole request, has about 4 KB. */
const mostBytes = 64 * 1024;
/** The chat service's events carry a channel with its members and a message. It may send them gzipped. */
const mostChatBytes = 256 * 1024;

/**
 * Where other machines tell us things: `POST /livekit`, `POST /chat`, `POST /mail`. Must be mounted before anything that reads bodies or asks for
 * an origin. Each delivery is verified over its raw bytes, written down once, and answered before it is worked on:
 * LiveKit sends one at a time for each room, and a slow answer would keep the next one waiting.
 */
export function webhooksRouter({ config, db, queue, log, chat }: Services): Router {
  const router = Router();
  const takeChatEvent = createChatIntake({ db, queue });
  const raw = express.raw({ type: () => true, limit: mostBytes, inflate: false });

  router.post("/livekit", raw, async (request: Request, response: Response) => {
    const { requestId } = response.locals as { requestId?: string };
    const body = Buffer.isBuffer(request.body) ? request.body.toString("utf8") : "";
    const verified = await verifyWebhook(config.livekit, {
      body,
      authorization: request.headers.authorization ?? "",
    });
    if (!verified) {
      log.warn(
        { requestId, provider: "livekit", bytes: body.length, networkAddress: request.ip },
        "a webhook without a valid signature was refused",
      );
      return void response.status(401).type("text/plain").send("The signature is not valid.\n");
    }
    try {
      const isNew = await insertWebhookEvent(db, queue, { provider: "livekit", ...verified });
      log.debug({ requestId, eventId: verified.eventId, kind: verified.kind, isNew }, "webhook");
      response.status(200).type("text/plain").send("ok\n");
    } catch (error) {
      // 5xx is delivered again by LiveKit; after its last try the sweeps find the same.
      if (!isDatabaseAway(error)) log.error({ err: error, requestId }, "a webhook could not be stored");
      response.status(503).type("text/plain").send("Try again.\n");
    }
  });

  router.post("/chat", express.raw({ type: () => true, limit: mostChatBytes }), async (request, response) => {
    const { requestId } = response.locals as { requestId?: string };
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (!chat.verifyWebhook(body, String(request.headers["x-signature"] ?? ""))) {
      log.warn(
        { requestId, provider: "chat", bytes: body.length, networkAddress: request.ip },
        "a webhook without a valid signature was refused",
      );
      return void response.status(401).type("text/plain").send("The signature is not valid.\n");
    }
    const event = readChatEvent(body);
    if (!event) return void response.status(400).type("text/plain").send("That is no event.\n");
    try {
      await takeChatEvent(event);
      response.status(200).type("text/plain").send("ok\n");
    } catch (error) {
      // 5xx is delivered again; after the last try the sweep finds the same.
      if (!isDatabaseAway(error)) log.error({ err: error, requestId }, "a webhook could not be stored");
      response.status(503).type("text/plain").send("Try again.\n");
    }
  });

  router.post("/mail", raw, async (request: Request, response: Response) => {
    const { requestId } = response.locals as { requestId?: string };
    const body = Buffer.isBuffer(request.body) ? request.body.toString("utf8") : "";
    if (!isSigned({ body, headers: request.headers, secrets: config.mail.webhookSecrets })) {
      log.warn(
        { requestId, provider: "mail", bytes: body.length, networkAddress: request.ip },
        "a webhook without a valid signature was refused",
      );
      return void response.status(401).type("text/plain").send("The signature is not valid.\n");
    }
    const read = readMailEvents(body);
    if (!read.ok) {
      log.warn({ requestId, provider: "mail", why: read.message }, "a webhook in another format was refused");
      return void response.status(400).type("text/plain").send(`${read.message}\n`);
    }
    const { events } = read;
    try {
      const eventId = String(request.headers["webhook-id"]);
      const isNew = await insertMailEvents(db, { eventId, events });
      log.info({ requestId, event: "mail.told", isNew, events: events.length }, "a provider told about mail");
      response.status(200).type("text/plain").send("ok\n");
    } catch (error) {
      if (!isDatabaseAway(error)) log.error({ err: error, requestId }, "a webhook could not be stored");
      response.status(503).type("text/plain").send("Try again.\n");
    }
  });

  router.use((_request: Request, response: Response) => {
    response.status(404).type("text/plain").send("There is no such webhook.\n");
  });
  router.use((error: unknown, _request: Request, response: Response, _next: unknown) => {
    const status = (error as { status?: number }).status ?? 400;
    response.set("Connection", "close").status(status).type("text/plain").send("That could not be read.\n");
  });
  return router;
}
