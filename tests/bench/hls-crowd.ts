import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

/*
 * The crowd of the bench `hls-viewers`, as a process of its own: `node hls-crowd.ts FILE` has everybody of FILE play a live
 * playlist as a browser does, each over a connection of their own: read it every 2 s, begin three segments before its
 * end, fetch each segment when it is listed. What somebody gets of a segment is compared with what the first one got, whose
 * sum is told. The last line says how it went.
 */
export type PlayersWish = {
  url: string;
  base: string;
  seconds: number;
  /** They come within so many seconds. */
  spreadSeconds: number;
  players: { cookie: string; address: string }[];
};
export type PlayersTale = {
  errors: Record<string, number>;
  /**
   * By how much each segment was late that arrived after the one before had been played out, ms; and for how long each player
   * stood still at the end, or had seen nothing from their first question on.
   */
  lateMs: number[];
  segments: number;
  /** SHA-256 of the segments that arrived, by their address in the playlist. */
  sums: Record<string, string>;
  bytes: number;
  playlistMs: number[];
  segmentMs: number[];
};

const segmentMs = 2_000;
const behind = 3;

const wish = JSON.parse(await readFile(process.argv[2]!, "utf8")) as PlayersWish;
const tale: PlayersTale = {
  ...{ errors: {}, lateMs: [], segments: 0, sums: {} },
  ...{ bytes: 0, playlistMs: [], segmentMs: [] },
};
/** What the first player got, by its address in the playlist. */
const first = new Map<string, Buffer>();
const begin = performance.now();
const endAt = begin + (wish.spreadSeconds + wish.seconds) * 1000;
const stepMs = (wish.spreadSeconds * 1000) / wish.players.length;
await Promise.all(wish.players.map((player, index) => play(player, index)));
process.stdout.write(`${JSON.stringify(tale)}\n`, () => process.exit(0));

async function play(player: PlayersWish["players"][number], index: number) {
  await pause(index * stepMs);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let last: string | undefined;
  let playedOutAt: number | undefined;
  const beganAt = performance.now();
  while (performance.now() < endAt) {
    const readAt = performance.now();
    const playlist = await ask(player, agent, `${wish.base}/live.m3u8`, tale.playlistMs);
    const listed: string[] = playlist?.toString().match(/^[^#\n].*\.ts$/gm) ?? [];
    const from = last === undefined ? Math.max(0, listed.length - behind) : listed.indexOf(last) + 1;
    for (const uri of listed.slice(from)) {
      const bytes = await ask(player, agent, `${wish.base}/${uri}`, tale.segmentMs);
      if (!bytes) continue;
      compare(uri, bytes);
      const now = performance.now();
      tale.segments += 1;
      tale.bytes += bytes.length;
      if (playedOutAt !== undefined && now > playedOutAt) tale.lateMs.push(Math.round(now - playedOutAt));
      playedOutAt = Math.max(playedOutAt ?? now, now) + segmentMs;
      last = uri;
    }
    await pause(Math.max(0, segmentMs - (performance.now() - readAt)));
  }
  const stoodStillMs = endAt - (playedOutAt ?? beganAt);
  if (stoodStillMs > 0) tale.lateMs.push(Math.round(stoodStillMs));
  agent.destroy();
}

function compare(uri: string, bytes: Buffer) {
  const known = first.get(uri);
  if (!known) {
    first.set(uri, bytes);
    tale.sums[uri] = createHash("sha256").update(bytes).digest("hex");
  } else if (!known.equals(bytes)) tale.errors["other bytes"] = (tale.errors["other bytes"] ?? 0) + 1;
}

async function ask(
  { cookie, address }: PlayersWish["players"][number],
  agent: http.Agent,
  path: string,
  tookMs: number[],
): Promise<Buffer | undefined> {
  const begun = performance.now();
  const headers = { cookie, "x-forwarded-for": address, "accept-encoding": "gzip" };
  const failed = (why: string) => {
    tale.errors[why] = (tale.errors[why] ?? 0) + 1;
    return undefined;
  };
  return new Promise<Buffer | undefined>((resolve) => {
    const asked = http.get(new URL(path, wish.url), { agent, headers, timeout: 20_000 }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", () => resolve(failed("cut")));
      answer.on("end", () => {
        tookMs.push(performance.now() - begun);
        const body = Buffer.concat(chunks);
        if (answer.statusCode !== 200) resolve(failed(`status ${answer.statusCode}`));
        else resolve(answer.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body);
      });
    });
    asked.on("timeout", () => asked.destroy(new Error("timeout")));
    asked.on("error", (error) => resolve(failed(error.message)));
  });
}
