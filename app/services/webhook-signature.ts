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
