import { AccessToken } from "livekit-server-sdk";
import { egressEvent, signWebhook } from "#tests/livekit-webhook.ts";
import { unique } from "#tests/factories.ts";
import type { Tools } from "./fault.ts";

export const name = "F15";
export const title = "Webhook forged";

export async function run({ web, db, env, say }: Tools): Promise<{ did: string; saw: string }> {
  const hook = { key: env.LIVEKIT_WEBHOOK_KEY ?? "", secret: env.LIVEKIT_WEBHOOK_SECRET ?? "" };
  const api = { key: env.LIVEKIT_API_KEY ?? "", secret: env.LIVEKIT_API_SECRET ?? "" };
  const event = egressEvent({
    egressId: unique("EG"),
    roomName: unique("room"),
    prefix: "forged/",
    status: "EGRESS_FAILED",
  });
  const body = JSON.stringify(event);
  const right = await signWebhook(body, hook);
  const [, claims = "", signature = ""] = right.split(".");
  const none = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT" })).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 3600;

  const forged: [kind: string, authorization: string | undefined, body: string][] = [
    ["unsigned", undefined, body],
    ["no token at all", "x", body],
    ["another secret", await signWebhook(body, { ...hook, secret: "another-secret-of-some-length" }), body],
    ["the API pair", await signWebhook(body, api), body],
    ["alg none", `${none}.${claims}.`, body],
    ["alg none with a signature", `${none}.${claims}.${signature}`, body],
    ["a viewer's own token", await viewerToken(api), body],
    ["a viewer's token that LiveKit refreshed with the webhook pair", await viewerToken(hook), body],
    ["right signature of another body", right, body.replace("EGRESS_FAILED", "EGRESS_ACTIVE")],
    ["no hash of the body", await signWebhook(body, hook, { claims: { sha256: undefined } }), body],
    ["replayed after six minutes", await signWebhook(body, hook, { ageSeconds: 360 }), body],
    [
      "replayed after six minutes, with a long life",
      await signWebhook(body, hook, { ageSeconds: 360, claims: { exp } }),
      body,
    ],
  ];

  for (const [kind, authorization, sent] of forged) {
    const status = await deliver(sent, authorization);
    if (status !== 401) throw new Error(`${kind}: answered ${status}, not 401`);
    say(`${kind}: 401`);
  }
  const large = JSON.stringify({ ...event, filler: "x".repeat(80_000) });
  const tooLarge = await deliver(large, await signWebhook(large, hook));
  if (tooLarge !== 413) throw new Error(`80 KB were answered ${tooLarge}, not 413`);
  const stored = await db
    .selectFrom("webhook_events")
    .select("event_id")
    .where("event_id", "=", event.id)
    .execute();
  if (stored.length > 0) throw new Error("a forged webhook was stored");

  // The same words with the right signature are taken: the refusals were about the signatures.
  const genuine = await deliver(body, right);
  if (genuine !== 200) throw new Error(`the genuine one was answered ${genuine}`);
  return {
    did: `sent ${forged.length} forged webhooks, one of 80 KB, and then the genuine one`,
    saw: "401 for each forged one, 413 for the large one, nothing stored of them; 200 for the genuine one",
  };

  async function deliver(sent: string, authorization: string | undefined): Promise<number> {
    const { status } = await fetch(`${web.url}/webhooks/livekit`, {
      method: "POST",
      body: sent,
      headers: { "content-type": "application/webhook+json", ...(authorization && { authorization }) },
    });
    return status;
  }
}

async function viewerToken({ key, secret }: { key: string; secret: string }): Promise<string> {
  const token = new AccessToken(key, secret, { identity: unique("viewer"), ttl: 600 });
  token.addGrant({ room: unique("room"), roomJoin: true, canSubscribe: true, canPublish: false });
  return token.toJwt();
}
