import { deliverTo } from "#app/domain/outgoing-webhooks/deliver.ts";
import type { Handler } from "./index.ts";

export const webhookDeliver: Handler<"webhook.deliver"> = deliverTo;
