import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SignJWT } from "jose";
import { type EgressInfo, withoutDefaults } from "./egress-info.ts";
import { newId } from "./ids.ts";

export type EgressEvent = "egress_started" | "egress_updated" | "egress_ended";

/** LiveKit tries five times, this long after the first; any answer below 500 counts as delivered. */
const TRIES_MS = [0, 1_000, 3_000, 7_000, 15_000];

export type Webhooks = ReturnType<typeof createWebhooks>;

/**
 * Sends the events of each egress in their order, one at a time, signed by the webhook pair. The signature covers the
 * body: claim `sha256` of a JWT that lives five minutes, in the `authorization` header without "Bearer".
 */
export function createWebhooks({
  url,
  key,
  secret,
}: {
  url: string | undefined;
  key: string;
  secret: string;
}) {
  const queues = new Map<string, Promise<void>>();
  const signingKey = new TextEncoder().encode(secret);

  const deliver = async (body: string) => {
    const from = Date.now();
    for (const at of TRIES_MS) {
      await sleep(Math.max(0, from + at - Date.now()));
      try {
        const authorization = await sign(body);
        const headers = { "content-type": "application/webhook+json", authorization };
        const answer = await fetch(url!, {
          method: "POST",
          headers,
          body,
          signal: AbortSignal.timeout(5_000),
        });
        await answer.body?.cancel();
        if (answer.status < 500) return;
      } catch {
        // Nobody there, or no answer in time: the next try.
      }
    }
  };

  const sign = (body: string) => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ sha256: createHash("sha256").update(body).digest("base64") })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setIssuer(key)
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + 300)
      .sign(signingKey);
  };

  return {
    send(event: EgressEvent, egress: EgressInfo) {
      if (!url) return;
      const body = JSON.stringify({
        event,
        egressInfo: withoutDefaults(egress),
        id: newId("EV"),
        createdAt: String(Math.floor(Date.now() / 1000)),
      });
      const before = queues.get(egress.egress_id) ?? Promise.resolve();
      const now = before.then(() => deliver(body));
      queues.set(egress.egress_id, now);
      void now.then(() => queues.get(egress.egress_id) === now && queues.delete(egress.egress_id));
    },
    /** Waits until all that was sent is delivered or given up. */
    async settle() {
      await Promise.all(queues.values());
    },
  };
}
