import type { IncomingHttpHeaders } from "node:http";

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer };
export type Asked = { method: string; url: string; headers: IncomingHttpHeaders };
/**
 * `strict`: a shared cache as RFC 9111 wants it. `worst`: it minds no `Vary`, keeps any answer for a minute, whatever it
 * is and however old, and takes no `no-cache` for a no; only `no-store` and `private` keep it off. `deaf`: not even these.
 */
export type Manners = "strict" | "worst" | "deaf";

type Kept = Answer & { url: string; varying: [name: string, value: string | undefined][]; staleAt: number };

/** Statuses that RFC 9110 (15.1) lets a cache keep without being told for how long. */
const heuristic = new Set([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501]);
const worstMs = 60_000;

/** What a cache between browsers and us keeps and hands out, by its manners. */
export function createSharedCache(manners: Manners) {
  const kept: Kept[] = [];

  function staleAt({ status, headers }: Answer): number {
    const said = directivesOf(headers["cache-control"]);
    if (manners !== "strict") return Date.now() + worstMs;
    const age = Number(headers.age ?? 0) * 1000;
    const seconds = said.get("s-maxage") ?? said.get("max-age");
    if (seconds !== undefined) return Date.now() + Number(seconds) * 1000 - age;
    const date = Date.parse(headers.date ?? "") || Date.now();
    if (headers.expires !== undefined) return Date.now() + (Date.parse(headers.expires) || 0) - date - age;
    const modified = Date.parse(headers["last-modified"] ?? "");
    return heuristic.has(status) && modified ? Date.now() + (date - modified) / 10 : 0;
  }

  function mayKeep({ method, headers: asked }: Asked, { status, headers }: Answer): boolean {
    if (method !== "GET") return false;
    if (manners === "deaf") return true;
    const said = directivesOf(headers["cache-control"]);
    if (said.has("no-store") || said.has("private")) return false;
    if (manners === "worst") return true;
    const told = said.has("public") || said.has("s-maxage");
    if (directivesOf(asked["cache-control"]).has("no-store") || headers.vary?.includes("*")) return false;
    if (asked.authorization && !told && !said.has("must-revalidate")) return false;
    // It keeps no pieces, and asks again for what must be asked about each time.
    if (status === 206 || said.has("no-cache")) return false;
    return told || said.has("max-age") || headers.expires !== undefined || heuristic.has(status);
  }

  return {
    kept: kept as readonly Kept[],
    find({ method, url, headers }: Asked): Answer | undefined {
      if (method !== "GET") return undefined;
      return kept.findLast(
        (one) =>
          one.url === url &&
          one.staleAt > Date.now() &&
          one.varying.every(([name, value]) => String(headers[name]) === String(value)),
      );
    },
    keep(asked: Asked, answer: Answer) {
      if (!mayKeep(asked, answer)) return;
      const names = manners === "strict" ? (answer.headers.vary ?? "").split(",") : [];
      const varying = names
        .map((name) => name.trim().toLowerCase())
        .filter(Boolean)
        .map((name): Kept["varying"][number] => [name, asked.headers[name] as string | undefined]);
      kept.push({ ...answer, url: asked.url, varying, staleAt: staleAt(answer) });
    },
  };
}

function directivesOf(header: string | undefined): Map<string, string> {
  const parts = (header ?? "").toLowerCase().split(",");
  return new Map(
    parts.map((part) => {
      const [name = "", value = ""] = part.trim().split("=");
      return [name, value.replaceAll('"', "")];
    }),
  );
}
