import type { Announced } from "#app/components/announced.tsx";
import type { Paragraph } from "#app/components/paragraphs.ts";
import type { OpenerWords } from "#app/components/pass-opener.tsx";
import type { PageState, PageViewers } from "../page-messages.ts";
import type { AheadWords } from "./ahead.tsx";
import type { ReplayProps } from "./replay-props.ts";

/** What the loader of the watch page gives; times are ISO. */
export type WatchData = {
  streamId: string;
  /** The page's own path. */
  path: string;
  /** What anybody may know of it, for search engines and messengers. */
  announced: Announced;
  /** The database's clock when this was read. */
  at: string;
  state: PageState;
  description: Paragraph[];
  space: { slug: string; name: string };
  experience: { slug: string; name: string };
  /** The reader's zone where it is known, and the stream's. */
  zone: string | null;
  streamZone: string;
  lengthMinutes: number;
  /** Of which series it is a part, in words; null where of none. */
  series: string | null;
  /** Who is signed in; null for nobody. */
  email: string | null;
  userId: string | null;
  role: "host" | "moderator" | "viewer" | null;
  /**
   * The pass by which somebody watches, until when (ISO; null: that has no end), and the end of the grant itself, which may
   * be over while a stream that it was there for goes on.
   */
  pass: { name: string; until: string | null; endsAt: string | null } | null;
  refusal: Refusal | null;
  viewers: PageViewers | null;
  replay: ReplayProps | null;
  /** Why this device gets no picture, where other devices of the person have the places of their pass. */
  devices: DevicesAsked | null;
  /** Of a stream that is still to come. */
  ahead: AheadWords | null;
  /** Without scripts, a browser that plays nothing that grows is asked to play what there is so far. */
  soFar: boolean;
  /** Something is being recorded, or was. */
  recorded: boolean;
  /** So many a second join the room of those who have the page open when it goes live. */
  joinsPerSecond: number;
  /** Where browsers reach LiveKit's signalling themselves; null: at our gate. */
  signalUrl: string | null;
  /** Where the live picture's files are, on a page that begins live. */
  liveFiles: LiveFiles | null;
};

export type DevicesAsked = {
  /** `full`: others have all places. `ended`: another device took this one's. */
  reason: "full" | "ended";
  /** On how many at once the pass lets them watch. */
  most: number;
  /** What came of asking: nothing was chosen and none had stopped (`full`), or the chosen one was not enough (`more`). */
  tried: "full" | "more" | null;
  /** Those that watch, the longest first; `id` is a session's, `since` ISO. Null until they are read. */
  devices:
    { id: string; browser: string; networkAddress: string; since: string; streamTitle: string }[] | null;
};

export type LiveFiles = { begin: string; room: string; files: string[] };

/** Why somebody may not be there, and what they can do. */
export type Refusal = {
  sentence: string;
  next: string;
  passHelps: boolean;
  /** Of a ban: why, in the team's words ("" when they gave none), and until when (ISO; null: for good). */
  ban: { reason: string; until: string | null } | null;
  openers: OpenerWords[];
};
