import type { Config } from "#app/config.ts";

/** `__Host-` binds the cookie to https and to this very host, and browsers refuse it over plain http. */
export const sessionCookieName = ({ secure }: Pick<Config, "secure">) =>
  secure ? "__Host-session" : "session";

/** The value of one cookie of a `Cookie` header, or undefined. */
export function readCookie(header: string | null | undefined, name: string): string | undefined {
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

/** A `Set-Cookie` header for a value of URL-safe characters. No `maxAge` (seconds): gone with the browser; 0: gone at once. */
export function writeCookie(
  name: string,
  value: string,
  { secure, maxAge, sameSite = "Lax" }: { secure: boolean; maxAge?: number; sameSite?: "Lax" | "Strict" },
): string {
  const parts = [`${name}=${value}`, "Path=/", "HttpOnly", `SameSite=${sameSite}`];
  if (secure) parts.push("Secure");
  if (maxAge !== undefined) parts.push(`Max-Age=${maxAge}`);
  return parts.join("; ");
}

/** The reader's time zone: from the profile, else from the cookie that a script sets, else null. */
export function readTimeZone(request: Request, profile: string | null | undefined): string | null {
  if (profile) return profile;
  const zone = readCookie(request.headers.get("cookie"), "time_zone");
  if (!zone || !/^[\w+/-]{1,64}$/.test(zone)) return null;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}
