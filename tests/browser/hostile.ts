import { createRequire } from "node:module";
import type { BrowserContext, Page } from "@playwright/test";
import { hostilePage } from "./hostile-page.ts";

const require = createRequire(import.meta.url);
const livekit = require.resolve("livekit-client").replace(/livekit-client\.[\w.]+$/, "livekit-client.umd.js");

export type HostileClient = Awaited<ReturnType<typeof openHostile>>;

/**
 * A page without our code in a signed-in browser, on our origin, which takes what it can get: it keeps every token it was ever
 * given, ignores that it was told to leave, never closes a connection for media, and joins as fast as it can with all of
 * it. `url`: where LiveKit is joined; `address`: the stream's page.
 */
export async function openHostile(
  profile: BrowserContext,
  { address, url }: { address: string; url?: string },
): Promise<{
  page: Page;
  /** Joins with a ticket of its own, as a page of ours would. Gives how many pictures were decoded a second later. */
  join(): Promise<number>;
  /** A ticket of a tab of its own, which it keeps; undefined: it was refused. */
  ticket(): Promise<string | undefined>;
  /** All tokens it has: tickets of several tabs, and what LiveKit refreshed. */
  tokens(): Promise<string[]>;
  takeTokens(tokens: string[]): Promise<void>;
  /** Begins loops that join with all tokens, and go on asking for new tickets. */
  loop(loops: number): Promise<void>;
  /** Closes the signal sockets, opens no other, and keeps what carries media. */
  dropSignal(): Promise<void>;
  /** Whether any signal socket of it stands. */
  hasSignal(): Promise<boolean>;
  /**
   * Goes on with its last session by LiveKit's signal protocol, with its last three tokens: by `reconnect` and its participant's
   * sid, in both modes. What it was answered, each once: "/rtc/v1 open", "/rtc 403".
   */
  resume(): Promise<string[]>;
  /** Offers a session without a web socket to `/whip/v1`, with each token that it has. The statuses, each once. */
  whip(): Promise<number[]>;
  /** Pictures decoded by all of its connections so far. */
  frames(): Promise<number>;
  /** When the last picture was shown, in milliseconds of Unix time; 0: none was. */
  lastFrame(): Promise<number>;
  /** Statuses that its attempts were answered with, and how often. */
  answers(): Promise<Record<string, number>>;
}> {
  const page = await profile.newPage();
  // Any answer of ours without a policy for scripts will do for a page of one's own.
  await page.goto("/healthz");
  await page.addScriptTag({ path: livekit });
  await page.evaluate(hostilePage, { address, url: url ?? null });
  const run = <T>(name: string, argument?: unknown) =>
    page.evaluate(
      ([name, argument]) =>
        (window as unknown as { hostile: Record<string, (argument: unknown) => T> }).hostile[name as string]!(
          argument,
        ),
      [name, argument] as const,
    );
  return {
    page,
    join: () => run("join"),
    ticket: () => run("ticket"),
    tokens: () => run("tokens"),
    takeTokens: (tokens) => run("takeTokens", tokens),
    loop: (loops) => run("loop", loops),
    dropSignal: () => run("dropSignal"),
    hasSignal: () => run("hasSignal"),
    resume: () => run("resume"),
    whip: () => run("whip"),
    frames: () => run("frames"),
    lastFrame: () => run("lastFrame"),
    answers: () => run("answers"),
  };
}
