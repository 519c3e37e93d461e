import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";

/** A new secret to sign webhooks with: 256 bits, in the form of Standard Webhooks. */
export const newWebhookSecret = () => `whsec_${randomBytes(32).toString("base64")}`;

/**
 * The headers of one webhook by Standard Webhooks, over the very text that is sent. `secrets`: one, or two while one is
 * being replaced; a signature by either is in the header then.
 */
export function signedHeaders({
  id,
  at,
  body,
  secrets,
}: {
  id: string;
  /** When it is sent: a receiver refuses what is old. */
  at: Date;
  body: string;
  secrets: string[];
}): Record<string, string> {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(" "),
  };
}

/**
 * Whether a webhook that came to us is signed with one of `secrets`, over its raw body, within five minutes of now: an older one
 * may be somebody's copy. Headers as Standard Webhooks has them.
 */
export function isSigned({
  body,
  headers,
  secrets,
}: {
  body: string;
  headers: Record<string, string | string[] | undefined>;
  secrets: string[];
}): boolean {
  const signed = Object.fromEntries(
    ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [
      name,
      String(headers[name] ?? ""),
    ]),
  );
  return secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, signed);
      return true;
    } catch {
      return false;
    }
  });
}
