/** What the page socket says. `state` is what `findStreamState` gives on the server; times are ISO. */
export type PageMessage =
  | { type: "state"; at: string; state: PageState }
  | ({ type: "viewers" } & PageViewers)
  | { type: "access-ended"; reason: string }
  /** When this person's access ends by itself (null: it does not), and in how many ms; told when that changes. */
  | { type: "until"; until: string | null; remainingMs: number | null }
  /** Another device of the person took this one's place, or (null) none did: about the picture alone. Told at first, and when it changes. */
  | { type: "device"; ended: "other_device" | null; at: string }
  /** A sign of life, with the database's clock (ISO). */
  | { type: "beat"; at: string }
  | ChatNews;

/** What the page hears of the chat from us, and not from the chat service. */
export type ChatNews =
  /** Shown now: said while the service is away or the chat moves, restored, pinned or taken down. */
  | { type: "chat"; messages: Omit<ChatMessage, "mine">[] }
  /** Deleted: hidden at once. */
  | { type: "chat-gone"; ids: string[] }
  /** Something may not have been told: everything that is shown has to be read again. */
  | { type: "chat-again" }
  /** This person's time-out began, or (`until` null) ended. */
  | { type: "chat-silenced"; until: string | null; reason: string };

/** A message as everybody in the chat may read it. */
export type ChatMessage = {
  id: string;
  /** Its place in the stream's chat: without gaps, in the order in which things were said. */
  number: number;
  userId: string;
  name: string;
  role: "host" | "moderator" | "viewer";
  text: string;
  replyTo: { id: string; name: string; text: string } | null;
  saidAt: string;
  pinned: boolean;
  /** How many people gave each kind of reaction. */
  reactions: Record<string, number>;
  /** The kinds that this person gave. */
  mine: string[];
};

export type PageChat = {
  phase: "before" | "open" | "read-only" | "closed";
  /** When it opens, or becomes read-only, by the clock alone. */
  opensAt: string | null;
  closesAt: string | null;
  slowModeSeconds: number;
  frozen: boolean;
  linksAllowed: boolean;
  /** The chat service cannot be reached: what is said comes through the page socket. */
  away: boolean;
  /** Its channel at the chat service, which may change; null while there is none that could be read. */
  channelId: string | null;
};

export type PageState = {
  streamId: string;
  title: string;
  status: "scheduled" | "rehearsal" | "live" | "ended" | "cancelled";
  startsAt: string;
  liveAt: string | null;
  hostAbsentSince: string | null;
  endedAt: string | null;
  endedReason: "host" | "host_lost" | "moderator" | null;
  recording: PageRecording | null;
  /** Whose segments show it with a delay while it is live, once there are any. */
  liveRecordingId: string | null;
  leaseHolder: { name: string; mine: boolean; tab: string } | null;
  /** "yes", or why not. */
  access: string;
  /** Of those who may read it. */
  chat: PageChat | null;
  /** Reported messages that wait for a look of the team; null for everybody else. */
  reports: number | null;
  /** The host prepares. */
  preparing: boolean;
  /** What the host tells those who wait; "" while there is nothing. */
  note: string;
};

export type PageRecording = {
  id: string;
  status: "starting" | "recording" | "stopping" | "finalizing" | "ready" | "failed";
  reason: string;
  safeUntil: string | null;
  /** Why what is verified is behind, and by how much; null while it is not. */
  lag: { reason: string; seconds: number } | null;
  /** From when on it is verified in the recorder's own storage alone, and for how long that has been so. */
  waits: { since: string | null; seconds: number } | null;
  leftOut: { count: number; last: string } | null;
  /** What has not been to be seen or heard for long although it is sent. */
  blanks: { kind: "black" | "silent"; published: "on" | "off"; since: string }[];
  durationMs: number;
  exportReady: boolean;
  mp4: { status: "waiting" | "running" | "ready" | "failed"; reason: string } | null;
  edit: number;
  withheld: "hidden" | "deleted" | null;
};

export type PageViewers = { now: number; peak: number; total: number };

/**
 * Whether the page hears us: `lost` comes back by itself; `refused` (access has ended), `signed-out` and `gone` (no such
 * stream) do not.
 */
export type PageConnection = "connecting" | "open" | "lost" | "refused" | "signed-out" | "gone";
