import { z } from "zod";
import type { ZodOpenApiPathItemObject } from "zod-openapi";
import { type EventType, eventTypes, eventWords } from "#app/domain/outgoing-webhooks/event-types.ts";
import { grantSchema } from "./grants.ts";
import { id, instantOut } from "./pieces.ts";
import { streamSchema } from "./streams.ts";

const recordingSchema = z
  .object({
    id,
    stream_id: id,
    duration_ms: z.int().nullable(),
    ready_at: instantOut.nullable(),
  })
  .meta({ id: "Recording", description: "A replay, as it was when it became ready." });

const message = <Type extends EventType, Data extends z.ZodType>(type: Type, of: Data) =>
  z.object({
    type: z.literal(type),
    timestamp: instantOut.meta({ description: "When it happened." }),
    data: of,
  });

/** What is posted to a space's endpoints, by type. */
export const webhookMessages = {
  "grant.created": message("grant.created", grantSchema),
  "grant.changed": message("grant.changed", grantSchema),
  "grant.ended": message("grant.ended", grantSchema),
  "stream.live": message("stream.live", streamSchema),
  "stream.ended": message("stream.ended", streamSchema),
  "recording.ready": message("recording.ready", recordingSchema),
} satisfies Record<EventType, z.ZodType>;

/** The headers of Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const headers = z.object({
  "webhook-id": z.string().meta({ description: "The same each time this message is sent." }),
  "webhook-timestamp": z.string().meta({ description: "When it was sent, in seconds since 1970." }),
  "webhook-signature": z
    .string()
    .meta({ description: "One or more, separated by spaces; one that fits is enough." }),
});

/** The `webhooks` of the OpenAPI file. */
export function describeWebhooks(): Record<string, ZodOpenApiPathItemObject> {
  return Object.fromEntries(
    eventTypes.map((type) => [
      type,
      {
        post: {
          summary: eventWords[type],
          tags: [type.split(".")[0] === "grant" ? "grants" : "streams"],
          requestParams: { header: headers },
          requestBody: { required: true, content: { "application/json": { schema: webhookMessages[type] } } },
          responses: {
            "2XX": { description: "It was taken. Any other answer: it is sent again." },
            "410": { description: "The address is switched off." },
          },
        },
      },
    ]),
  );
}
