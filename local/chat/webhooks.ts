import { createHmac, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fields } from "./objects.ts";

/** Three tries, each of at most 6 s, all within 15 s (Stream's documentation of webhooks). */
const pausesMs = [0, 1_000, 3_000];
const patienceMs = 6_000;
/** So many are on their way at once. */
const atOnce = 32;

export type Webhooks = ReturnType<typeof createWebhooks>;

/**
 * Posts events as the service does: `X-Signature` is the hex HMAC-SHA256 of the raw body with the app's secret,
 * `X-Webhook-Id` stays the same over retries, `X-Webhook-Attempt` counts them.
 */
export function createWebhooks({
  url,
  apiKey,
  apiSecret,
}: {
  url: string | undefined;
  apiKey: string;
  apiSecret: string;
}) {
  const queue: string[] = [];
  let running = 0;

  async function deliver(body: string) {
    const id = randomUUID();
    for (const [tries, pause] of pausesMs.entries()) {
      await sleep(pause);
      try {
        const answer = await fetch(url!, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "x-signature": createHmac("sha256", apiSecret).update(body).digest("hex"),
            "x-api-key": apiKey,
            "x-webhook-id": id,
            "x-webhook-attempt": String(tries + 1),
          },
          body,
          signal: AbortSignal.timeout(patienceMs),
        });
        await answer.body?.cancel();
        if (answer.status < 500 && answer.status !== 429) return;
      } catch {
        // Nobody there, or no answer in time: the next try.
      }
    }
  }

  async function work() {
    running += 1;
    for (let body = queue.shift(); body !== undefined; body = queue.shift()) await deliver(body);
    running -= 1;
  }

  return {
    send(event: Fields) {
      if (!url) return;
      queue.push(JSON.stringify(event));
      if (running < atOnce) void work();
    },
  };
}
