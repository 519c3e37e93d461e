import type { Page } from "@playwright/test";
import { sql } from "kysely";
import { startReverseProxy } from "#tests/reverse-proxy.ts";
import type { Tools } from "./fault.ts";
import { type OnAir, promise, until } from "./studio-tools.ts";

type Moves = { moves: number[] };

/** The longest that a viewer's picture may stand while nothing of ours is to be noticed, on a busy machine. */
export const mostStillMs = 3_000;

/**
 * What stands before the web processes, at the address that people know. `next` brings out a new version, or another
 * environment: another web process beside the one before, which ends when the new one has its place.
 */
export async function standBeforeWeb({ edition, env }: Pick<Tools, "edition" | "env">, port: number) {
  let now = edition.part("web");
  let upstream = edition.ports.web;
  const proxy = await startReverseProxy(() => upstream, { port });
  return {
    async next(more: Record<string, string> = {}): Promise<void> {
      Object.assign(env, more);
      const before = now;
      const next = await edition.addWeb({ env: more });
      now = next;
      upstream = Number(new URL(next.url).port);
      await before.stop();
    },
    close: () => proxy.close(),
  };
}

/**
 * Follows a viewer through what is done to the machines: whether the picture moves, whether the page was loaded again, and
 * whether host and viewer are signed in. `through` does one step, and looks.
 */
export async function followViewer(tools: Tools, { watching, studio, stream, path }: OnAir) {
  let loads = 0;
  for (const page of [watching, studio]) page.on("load", () => (loads += 1));
  await noteMoves(watching);

  /** The longest time the picture stood, in ms, between two instants of Unix time. */
  async function longestStill(from: number, to: number): Promise<number> {
    const { moves } = await watching.evaluate(() => ({ moves: (window as unknown as Moves).moves }));
    const times = [from, ...moves.filter((at) => at >= from && at <= to), to];
    return Math.max(...times.slice(1).map((at, index) => at - times[index]!));
  }

  /** Both are at the signal gate again, after an instant by the database's clock. */
  async function bothAtGate(since: Date): Promise<void> {
    const there = async () =>
      (
        await sql<{ count: number }>`
          select count(*)::int as count from stream_participants
          where stream_id = ${stream.id}::uuid and signal_seen_at > ${since}
        `.execute(tools.db)
      ).rows[0]!.count;
    await until(there, (count) => count >= 2, {
      seconds: 45,
      words: "host and viewer are at the gate again",
    });
  }

  async function signedIn(): Promise<void> {
    for (const [page, address] of [
      [watching, path],
      [watching, "/account/experiences"],
      [studio, `/account/streams/${stream.id}`],
    ] as const) {
      const answer = await page.context().request.get(address, { maxRedirects: 0 });
      promise(answer.status() === 200, `${address} is there for who was signed in (${answer.status()})`);
    }
    promise(loads === 0, `no page was loaded again (${loads})`);
  }

  return {
    longestStill,
    bothAtGate,
    signedIn,
    /** Does one step, of which nobody may notice anything; gives for how long the picture stood at most, in ms. */
    async through(words: string, step: () => Promise<unknown>): Promise<number> {
      const from = Date.now();
      await step();
      await bothAtGate(await databaseTime(tools));
      await watching.waitForTimeout(2_000);
      const still = await longestStill(from, Date.now());
      tools.say(`${words}: the picture stood for ${still} ms at most`);
      promise(still <= mostStillMs, `the viewer's picture goes on through it (it stood for ${still} ms)`);
      await signedIn();
      return still;
    },
  };
}

async function databaseTime({ db }: Pick<Tools, "db">): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return rows[0]!.now;
}

/** From now on the page notes when the host's picture moves (time and frames), ten times a second, whichever element shows it. */
async function noteMoves(page: Page): Promise<void> {
  await page.evaluate(() => {
    const noted = window as unknown as Moves;
    noted.moves = [];
    let then = [-1, -1];
    setInterval(() => {
      const video = document.querySelector<HTMLVideoElement>('video[aria-label="The host\'s camera"]');
      if (!video || video.readyState < 2) return;
      const now = [video.currentTime, video.getVideoPlaybackQuality().totalVideoFrames];
      if (now.some((each, at) => each === then[at])) return;
      noted.moves.push(Date.now());
      then = now;
    }, 100);
  });
}
