import type { IncomingHttpHeaders } from "node:http";

/**
 * Whether a request that changes something, or a web socket, comes from a page of ours, by what browsers themselves say:
 * `Origin`, which every browser sends with both. A request without it comes from no page (ASVS 3.5.1, 4.4.2), or from an
 * old browser's form, where `Sec-Fetch-Site` and at last `Referer` tell.
 */
export function isOurOrigin(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const ours = [new URL(publicUrl).host, headers.host];
  const { origin, referer } = headers;
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  if (origin !== undefined) return ours.includes(hostOf(origin));
  if (site !== undefined) return true;
  return referer !== undefined && ours.includes(hostOf(referer));
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
