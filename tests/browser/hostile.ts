import { createRequire } from "node:module";
import type { BrowserContext, Page } from "@playwright/test";

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
  /** All tokens it has: tickets of several tabs, and what LiveKit refreshed. */
  tokens(): Promise<string[]>;
  takeTokens(tokens: string[]): Promise<void>;
  /** Begins loops that join with all tokens, and go on asking for new tickets. */
  loop(loops: number): Promise<void>;
  /** Closes the signal sockets, and keeps what carries media. */
  dropSignal(): Promise<void>;
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
  await page.evaluate(hostile, { address, url: url ?? null });
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
    tokens: () => run("tokens"),
    takeTokens: (tokens) => run("takeTokens", tokens),
    loop: (loops) => run("loop", loops),
    dropSignal: () => run("dropSignal"),
    frames: () => run("frames"),
    lastFrame: () => run("lastFrame"),
    answers: () => run("answers"),
  };
}

/** Runs in the page: nothing of this file's scope is there. */
function hostile({ address, url }: { address: string; url: string | null }) {
  type RoomLike = {
    connect(url: string, token: string, options: object): Promise<void>;
    engine?: { token?: string };
  };
  const { LivekitClient } = window as unknown as {
    LivekitClient: { Room: new (options: object) => RoomLike; setLogLevel(level: string): void };
  };
  LivekitClient.setLogLevel("silent");
  const gate = url ?? location.origin.replace(/^http/, "ws");
  const connections: RTCPeerConnection[] = [];
  const sockets: WebSocket[] = [];
  const rooms: RoomLike[] = [];
  const known = new Set<string>();
  const answers: Record<string, number> = {};
  const note = (answer: string) => void (answers[answer] = (answers[answer] ?? 0) + 1);

  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
      this.addEventListener("track", ({ track }) => watch(track));
    }
    override close() {
      // Told to leave, it stays.
    }
  };
  const RealSocket = window.WebSocket;
  window.WebSocket = class extends RealSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols);
      sockets.push(this);
    }
  };

  let lastFrame = 0;
  /** Shows a track, and notes when its last picture came, by the machine's clock. */
  function watch(track: MediaStreamTrack) {
    if (track.kind !== "video") return;
    const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true });
    video.srcObject = new MediaStream([track]);
    document.body.append(video);
    const seen = () => {
      lastFrame = Date.now();
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }

  const newTab = () => `hostile${Math.random().toString(36).slice(2, 12)}`;
  async function askTicket(tab = newTab()) {
    const response = await fetch(`${address}/ticket`, { method: "POST", body: new URLSearchParams({ tab }) });
    note(`ticket ${response.status}`);
    if (!response.ok) return undefined;
    const { token } = (await response.json()) as { token: string };
    known.add(token);
    return token;
  }

  async function joinWith(token: string) {
    const room = new LivekitClient.Room({});
    rooms.push(room);
    try {
      // Thrown out half-way it would wait for ever.
      const late = pause(2_000).then(() => Promise.reject(new Error("silence")));
      await Promise.race([room.connect(gate, token, { maxRetries: 0 }), late]);
      note("joined");
    } catch (error) {
      note(`refused ${(error as { status?: number }).status ?? (error as Error).message}`);
    }
    keepTokens();
  }

  function keepTokens() {
    for (const { engine } of rooms) if (engine?.token) known.add(engine.token);
  }

  async function frames() {
    let decoded = 0;
    for (const connection of connections) {
      if (connection.signalingState === "closed") continue;
      const stats = await connection.getStats();
      stats.forEach((entry: { type: string; kind?: string; framesDecoded?: number }) => {
        if (entry.type === "inbound-rtp" && entry.kind === "video") decoded += entry.framesDecoded ?? 0;
      });
    }
    return decoded;
  }

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  (window as unknown as { hostile: object }).hostile = {
    async join() {
      const token = await askTicket();
      if (token) await joinWith(token);
      await pause(1_500);
      keepTokens();
      return frames();
    },
    tokens: () => (keepTokens(), [...known]),
    takeTokens: (tokens: string[]) => tokens.forEach((token) => known.add(token)),
    loop(loops: number) {
      for (let each = 0; each < loops; each += 1)
        void (async () => {
          for (let turn = each; ; turn += 1) {
            if (turn % 5 === 0) await askTicket().catch(() => note("ticket failed"));
            const tokens = [...known];
            const token = tokens[turn % tokens.length];
            if (token) await joinWith(token);
            await pause(50);
          }
        })();
    },
    dropSignal: () => sockets.forEach((socket) => socket.close()),
    frames,
    lastFrame: () => lastFrame,
    answers: () => answers,
  };
}
