import { createHmac, timingSafeEqual } from "node:crypto";
import { ChatError } from "./chat-error.ts";

export type Claims = { server?: boolean; user_id?: string; iat?: number; exp?: number; nbf?: number };

/**
 * Reads a token: HS256 with the app's secret, nothing else. Throws code 43 for a wrong signature or algorithm, 40 when it
 * has expired, 41 when it is not valid yet, 42 when it was issued in the future (stream-chat's `errors.ts`; Stream's
 * documentation of tokens). `now` is in epoch seconds.
 */
export function readToken(secret: string, token: string, now = Date.now() / 1000): Claims {
  const [head = "", body = "", signature = "", ...rest] = token.split(".");
  const claims = parse(body);
  const header = parse(head);
  if (!claims || !header || rest.length > 0)
    throw new ChatError(5, "Authentication failed: the token is malformed");
  const right = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (header.alg !== "HS256" || right.length !== given.length || !timingSafeEqual(right, given))
    throw new ChatError(43, "Authentication failed: signature is not valid");
  const { exp, nbf, iat } = claims as Claims;
  if (exp !== undefined && now >= exp) throw new ChatError(40, "Authentication failed: token expired");
  if (nbf !== undefined && now < nbf)
    throw new ChatError(41, "Authentication failed: token is not valid yet");
  if (iat !== undefined && iat > now + 1)
    throw new ChatError(42, "Authentication failed: token used before issue at (iat)");
  return claims as Claims;
}

/**
 * Whether a token was issued before its person's, or the app's, tokens were revoked. One without `iat` counts as issued
 * before everything (stream-chat-swift issue 2903).
 */
export function isRevoked({ iat }: Claims, ...revoked: (string | null | undefined)[]): boolean {
  return revoked.some((before) => {
    if (!before) return false;
    return iat === undefined || iat * 1000 < Date.parse(before);
  });
}

/** A person's own token without an end, as `createToken(id)` of the SDK makes it; guests get one. */
export function signToken(secret: string, claims: Claims): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

function parse(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
