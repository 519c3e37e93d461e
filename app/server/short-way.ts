import type { RequestHandler } from "express";

/** Playlists and segments: what each player asks for every two seconds. */
const played = /\/(?:\d+\.ts|\w+\.m3u8)$/;

/**
 * Leads what is played past everything that is for pages, with headers that are made once, straight to `media`, which
 * answers all of it. The rest goes its way.
 */
export function shortWay(media: RequestHandler): RequestHandler {
  const headers = new Map([
    ["Cache-Control", "private, no-store"],
    ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"],
    // Another site's page gets none of it, also in the browser of somebody who may watch.
    ["Cross-Origin-Resource-Policy", "same-origin"],
    ["Referrer-Policy", "strict-origin-when-cross-origin"],
    ["X-Content-Type-Options", "nosniff"],
  ]);
  return (request, response, next) => {
    const reads = request.method === "GET" || request.method === "HEAD";
    if (!reads || !played.test(request.path)) return next();
    response.setHeaders(headers);
    media(request, response, next);
  };
}
