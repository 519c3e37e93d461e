import { processWebhookEvent } from "#app/domain/webhooks/events.ts";
import type { Handler } from "./index.ts";

export const webhookProcess: Handler<"webhook.process"> = processWebhookEvent;
