import { createHash } from "node:crypto";
import type { Services } from "#app/context.ts";
import { type ChatEvent, insertChatEvents } from "#app/domain/webhooks/events.ts";

type Waiting = { event: ChatEvent; done: () => void; failed: (error: unknown) => void };

/** Deliveries that come while others are being written are written together, so many at most. */
const atOnce = 500;

/** Takes verified events, and resolves for each when it is on disk. A busy channel sends hundreds in a second. */
export function createChatIntake({ db, queue }: Pick<Services, "db" | "queue">) {
  const waiting: Waiting[] = [];
  let writing = false;

  async function write() {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, atOnce);
      try {
        await insertChatEvents(
          db,
          queue,
          batch.map(({ event }) => event),
        );
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    writing = false;
  }

  return (event: ChatEvent): Promise<void> =>
    new Promise((done, failed) => {
      waiting.push({ event, done, failed });
      if (!writing) void write();
    });
}

/**
 * What an event is about, in ids. It is known by the hash of its body, because the signature covers nothing else: the same
 * body with another `X-Webhook-Id` is the same event. Undefined for what is no event.
 */
export function readChatEvent(body: Buffer): ChatEvent | undefined {
  let said: unknown;
  try {
    said = JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
  if (said === null || typeof said !== "object") return undefined;
  const { type, channel_id, message, user } = said as Record<string, unknown>;
  const kind = nameIn(type, 100);
  if (!kind) return undefined;
  const channelId = nameIn(channel_id, 64);
  const [messageId, userId] = [nameIn(idOf(message), 255), nameIn(idOf(user), 255)];
  return {
    eventId: createHash("sha256").update(body).digest("hex"),
    kind,
    channelId,
    messageId,
    body: { type: kind, channelId, messageId, userId },
  };
}

const idOf = (object: unknown): unknown =>
  object !== null && typeof object === "object" ? (object as { id?: unknown }).id : undefined;

/** A name in letters that Postgres can hold: one that it cannot would keep out everything that is written with it. */
function nameIn(value: unknown, most: number): string | null {
  return typeof value === "string" ? value.slice(0, most).replaceAll("\0", "").toWellFormed() : null;
}
