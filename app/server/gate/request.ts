import type { IncomingMessage } from "node:http";

/** The four addresses of LiveKit's signalling, and no other: not `/twirp`, which rules rooms, nor `/whip`, which takes any token. */
export const gatePaths = ["/rtc", "/rtc/v1", "/rtc/validate", "/rtc/v1/validate"];
const paths = new Set(gatePaths);

export const isGatePath = (path: string): boolean => paths.has(path);
export const isValidatePath = (path: string): boolean => isGatePath(path) && path.endsWith("/validate");

const isToken = (part: string) => part.startsWith("access_token=");

/**
 * The one token of a request: from the query, or from the `Authorization` header as a client without a browser sends it.
 * LiveKit prefers the header, so two that differ would let one be checked and the other be used: undefined, as for none, and
 * for a token whose name is spelt so that only some would read it.
 */
export function tokenOf({ headers }: Pick<IncomingMessage, "headers">, url: URL): string | undefined {
  const given = url.searchParams.getAll("access_token");
  if (given.length !== url.search.slice(1).split("&").filter(isToken).length) return undefined;
  const header = headers.authorization?.replace(/^Bearer /i, "");
  const tokens = new Set([...given, ...(header === undefined ? [] : [header])]);
  const [token] = tokens;
  return tokens.size === 1 && token ? token : undefined;
}

/** The same address (one that `tokenOf` found a token for) with another token, and all else as it came. */
export function withToken({ pathname, search }: Pick<URL, "pathname" | "search">, token: string): string {
  // As text: the join request in it is 2 KB of base64, which need not be read and written again.
  const others = search
    .slice(1)
    .split("&")
    .filter((part) => part !== "" && !isToken(part));
  return `${pathname}?${[`access_token=${token}`, ...others].join("&")}`;
}
