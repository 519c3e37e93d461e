import { createHash, timingSafeEqual } from "node:crypto";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { WebhookEvent } from "livekit-server-sdk";
import type { LiveKitConfig } from "#app/config.ts";
import { databaseNow } from "./clock.ts";
import { type EgressAnnouncement, toAnnouncement } from "./egress.ts";
import { pairsOf } from "./livekit-pairs.ts";
import { readSigned } from "./livekit-tokens.ts";

/** What a webhook tells us, in our words. */
export type WebhookNews =
  | { kind: "egress"; announcement: EgressAnnouncement }
  /** Somebody began to send something into a room. */
  | { kind: "track"; streamId: string }
  /** Somebody came into a room. */
  | { kind: "joined"; streamId: string; identity: string }
  | { kind: "other" };

export type VerifiedWebhook = { eventId: string; kind: string; body: unknown };

/** LiveKit signs for five minutes; what is older was kept by somebody. */
const mostAgeSeconds = 300;
/** Clocks of two machines differ a little. */
const skewSeconds = 10;

/**
 * Whether a webhook's signature is LiveKit's for exactly these bytes, now: signed with one of the webhook pairs (never
 * with an API pair: every viewer holds a token of those), HS256, with the SHA-256 of the body, and issued in the last
 * five minutes. `now` is in seconds, by the database's clock. Undefined when it is not, whatever the reason.
 */
export async function verifyWebhook(
  { webhookKey, webhookSecret }: Pick<LiveKitConfig, "webhookKey" | "webhookSecret">,
  { body, authorization, now = databaseNow() / 1000 }: { body: string; authorization: string; now?: number },
): Promise<VerifiedWebhook | undefined> {
  const token = authorization.replace(/^Bearer /i, "");
  for (const { key, secret } of pairsOf(webhookKey, webhookSecret)) {
    try {
      if (!isFresh(token, key, now)) continue;
      const { sha256 } = await readSigned(token, { key, secret, now: now * 1000 });
      if (!isHashOf(body, String(sha256))) continue;
      const parsed = JSON.parse(body) as { id?: unknown; event?: unknown };
      if (typeof parsed.id !== "string" || typeof parsed.event !== "string") return undefined;
      if (parsed.id === "" || parsed.id.length > 200 || parsed.event.length > 100) return undefined;
      return { eventId: parsed.id, kind: parsed.event, body: parsed };
    } catch {
      // Another pair may fit.
    }
  }
  return undefined;
}

function isHashOf(body: string, sha256: string): boolean {
  const said = Buffer.from(sha256, "base64");
  const is = createHash("sha256").update(body).digest();
  return said.length === is.length && timingSafeEqual(said, is);
}

/** Beside the signature: an algorithm of ours, a hash of the body, and when it was issued. */
function isFresh(token: string, key: string, now: number): boolean {
  const { alg } = decodeProtectedHeader(token);
  const { iss, sha256, exp, iat, nbf } = decodeJwt(token);
  const issued = iat ?? nbf;
  if (alg !== "HS256" || iss !== key || typeof sha256 !== "string" || sha256 === "") return false;
  if (exp === undefined || issued === undefined) return false;
  return (
    issued >= now - mostAgeSeconds - skewSeconds && issued <= now + skewSeconds && exp > now - skewSeconds
  );
}

/** Reads a stored webhook. What cannot be read, or means nothing to us, is `other`. */
export function readWebhookBody(body: unknown): WebhookNews {
  let event: WebhookEvent;
  try {
    event = WebhookEvent.fromJson(body as never, { ignoreUnknownFields: true });
  } catch {
    return { kind: "other" };
  }
  if (event.egressInfo) return { kind: "egress", announcement: toAnnouncement(event.egressInfo) };
  if (event.event === "track_published" && event.room) return { kind: "track", streamId: event.room.name };
  if (event.event === "participant_joined" && event.room && event.participant)
    return { kind: "joined", streamId: event.room.name, identity: event.participant.identity };
  return { kind: "other" };
}
