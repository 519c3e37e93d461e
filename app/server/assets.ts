import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { RequestHandler } from "express";

const types: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/**
 * The scripts and styles of the build (folder `assets`), compressed once and kept: their names change with their content.
 * A live page asks for 30 of them at once, and packing each anew would cost more than the page. Leaves the rest, and who
 * takes no gzip, to what comes next.
 */
export function serveAssets(folder: string): RequestHandler {
  const known = new Map<string, Promise<Buffer>>();
  const names = readdir(folder).then(
    (all) => new Set(all.filter((name) => path.extname(name) in types)),
    () => new Set<string>(),
  );

  async function pack(name: string): Promise<Buffer> {
    return promisify(gzip)(await readFile(path.join(folder, name)), { level: 9 });
  }

  return async (request, response, next) => {
    const name = request.path.slice(1);
    const reads = request.method === "GET" || request.method === "HEAD";
    if (!reads || request.headers.range || !request.acceptsEncodings("gzip") || !(await names).has(name))
      return next();
    try {
      const packed = known.get(name) ?? pack(name);
      known.set(name, packed);
      const body = await packed;
      response.set({
        "Content-Type": types[path.extname(name)],
        "Content-Encoding": "gzip",
        "Content-Length": String(body.length),
        "Cache-Control": "public, max-age=31536000, immutable",
        Vary: "Accept-Encoding",
      });
      response.end(request.method === "HEAD" ? undefined : body);
    } catch (error) {
      known.delete(name);
      next(error);
    }
  };
}
