/** The way of the host's picture and sound to us. Each member has its words on the page. */
export type Connection =
  | { kind: "closed" }
  | { kind: "joining" }
  | { kind: "connected" }
  /** LiveKit's client is at it by itself. */
  | { kind: "reconnecting" }
  /** We try again in a moment. */
  | { kind: "waiting"; why: string }
  /** The same tab is connected from somewhere else: nobody fights over it. */
  | { kind: "replaced" }
  | { kind: "refused"; why: string };

export type LineWords = { words: string; note?: string; good: boolean };

export function connectionWords(connection: Connection): string {
  switch (connection.kind) {
    case "closed":
      return "Not connected";
    case "joining":
      return "Connecting…";
    case "connected":
      return "Connected";
    case "reconnecting":
      return "Interrupted, reconnecting…";
    case "waiting":
      return connection.why;
    case "replaced":
      return "Disconnected: this stream is being broadcast from another page";
    case "refused":
      return connection.why;
  }
}

/** LiveKit's own words for how well the host's picture arrives, in ours. */
export function qualityWords(quality: string): LineWords {
  switch (quality) {
    case "excellent":
      return { words: "Very good", good: true };
    case "good":
      return { words: "Good", good: true };
    case "poor":
      return {
        words: "Weak",
        note: "Viewers may see a coarser picture. A cable or fewer programs help.",
        good: false,
      };
    case "lost":
      return { words: "Lost", note: "Nothing arrives from you right now.", good: false };
    default:
      return { words: "Measuring…", good: false };
  }
}
