/** A host that does not exist: what resolves to it was a path. */
const here = "http://here.invalid";

/**
 * Where somebody wants to go next, if that is a page of ours: path, query and fragment as a browser will read them.
 * Undefined for everything else (another host in any spelling, a page of signing in or out, more than 2,000 characters).
 */
export function localPath(text: string | null | undefined): string | undefined {
  if (!text || text.length > 2000 || !text.startsWith("/") || /[\\\u0000-\u001f\u007f]/.test(text))
    return undefined;
  if (!URL.canParse(text, here)) return undefined;
  const url = new URL(text, here);
  // "/.//host" is normalized to "//host", which is another host to a browser.
  if (url.origin !== here || url.pathname.startsWith("//")) return undefined;
  if (/^\/sign-(in|out)(\/|$)/i.test(url.pathname)) return undefined;
  return url.pathname + url.search + url.hash;
}

/** The address of the sign-in page that leads back to `path`. */
export function signInPath(path: string | undefined): string {
  return path ? `/sign-in?to=${encodeURIComponent(path)}` : "/sign-in";
}

/** A request's own page: its path and query without what only Remix needs. */
export function pageOf(url: URL): string {
  const query = new URLSearchParams(url.search);
  for (const name of ["index", "_routes", "draft"]) query.delete(name);
  const path = url.pathname.replace(/\.data$/, "");
  return query.size > 0 ? `${path}?${query}` : path;
}
