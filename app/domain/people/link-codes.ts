import { createHmac, timingSafeEqual } from "node:crypto";

/** What a link's code is for: a code of one kind never passes as another. */
export type LinkPurpose = "calendar" | "invite" | "pass" | "sign-in-mail" | `unsubscribe:${string}`;

/**
 * The code of a link in a letter: the row's id, and 128 bits that only the server can make for it, so that no code has
 * to be stored. 43 characters that need no escaping. Made with the first of the secrets.
 */
export function linkCode(secrets: string[], purpose: LinkPurpose, id: string): string {
  return Buffer.concat([bytesOf(id), sign(secrets[0] ?? "", purpose, id)]).toString("base64url");
}

/** The id in a link's code, or undefined when we did not make it. While a secret is rotated each of them counts. */
export function readLinkCode(
  secrets: string[],
  purpose: LinkPurpose,
  code: string | undefined,
): string | undefined {
  if (!code || !/^[\w-]{43}$/.test(code)) return undefined;
  const bytes = Buffer.from(code, "base64url");
  // The last character has spare bits: of the spellings that decode alike only one is ours.
  if (bytes.toString("base64url") !== code) return undefined;
  const id = bytes
    .subarray(0, 16)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  const signed = bytes.subarray(16);
  return secrets.some((secret) => timingSafeEqual(sign(secret, purpose, id), signed)) ? id : undefined;
}

const bytesOf = (id: string) => Buffer.from(id.replaceAll("-", ""), "hex");

function sign(secret: string, purpose: LinkPurpose, id: string): Buffer {
  return createHmac("sha256", secret).update(`${purpose}:${id}`).digest().subarray(0, 16);
}
