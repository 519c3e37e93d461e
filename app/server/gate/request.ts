import type { IncomingMessage } from "node:http";

/** The four addresses of LiveKit's signalling, and no other: not `/twirp`, which rules rooms, nor `/whip`, which takes any token. */
const paths = new Set(["/rtc", "/rtc/v1", "/rtc/validate", "/rtc/v1/validate"]);

export const isGatePath = (path: string): boolean => paths.has(path);
export const isValidatePath = (path: string): boolean => isGatePath(path) && path.endsWith("/validate");

/**
 * The one token of a request: from the query, or from the `Authorization` header as a client without a browser sends it.
 * LiveKit prefers the header, so two that differ would let one be checked and the other be used: undefined, as for none.
 */
export function tokenOf({ headers }: Pick<IncomingMessage, "headers">, url: URL): string | undefined {
  const given = url.searchParams.getAll("access_token");
  const header = headers.authorization?.replace(/^Bearer /i, "");
  const tokens = new Set([...given, ...(header === undefined ? [] : [header])]);
  const [token] = tokens;
  return tokens.size === 1 && token ? token : undefined;
}

/** The same address with another token and nothing else of the browser's that LiveKit has no use for. */
export function withToken(url: URL, token: string): string {
  const query = new URLSearchParams(url.searchParams);
  query.set("access_token", token);
  return `${url.pathname}?${query}`;
}
