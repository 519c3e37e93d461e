import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import {
  findRecordingStatus,
  livePlaylist,
  nothingTold,
  tellMore,
  type Told,
  unfinished,
} from "#app/domain/recordings/live-playlist.ts";
import type { Db } from "#db/client.ts";

/** So long what was read is good for everybody who asks. */
const freshMs = 1_000;
/** A reading that has not come by then may hang: who asks after it begins another. */
const patienceMs = 1_500;
/** Nobody asks any more. */
const forgottenMs = 60_000;

const zip = promisify(gzip);

/** The same bytes for everybody: nothing in them is of a person. */
export type SharedPlaylist = { text: Buffer; zipped: Buffer; etag: string };

type Answer = SharedPlaylist | "finished" | undefined;

type Found = { told: Told; playlist: SharedPlaylist | undefined; answer: Answer };

/** What the last reading found, when that began, and the newest one that is under way. */
type Kept = Found & {
  readAt: number;
  reading: { answer: Promise<Answer>; began: number } | undefined;
  askedAt: number;
};

/**
 * The playlists of recordings that are not finished. All who ask share the work of one reading a second, and what was told
 * once stays in its place. It knows nothing of people: whoever asks has the decision, each time anew.
 */
export function createLivePlaylists(db: Db) {
  const kept = new Map<string, Kept>();

  function forget(now: number) {
    for (const [key, { askedAt }] of kept) if (now - askedAt > forgottenMs) kept.delete(key);
  }

  async function read(of: Of, { told, playlist }: Found): Promise<Found> {
    const status = await findRecordingStatus(db, of);
    if (status === "ready") return { told, playlist, answer: "finished" };
    if (!unfinished.some((one) => one === status)) return { told, playlist, answer: undefined };
    const more = await tellMore(db, of.recordingId, told);
    if (more === told) return { told, playlist, answer: playlist };
    const text = Buffer.from(livePlaylist(more));
    const zipped = await zip(text, { level: constants.Z_BEST_SPEED });
    const etag = `W/"${createHash("sha1").update(text).digest("base64url")}"`;
    const grown = { text, zipped, etag };
    return { told: more, playlist: grown, answer: grown };
  }

  async function readAnew(key: string, of: Of, mine: Kept, began: number): Promise<Answer> {
    const found = await read(of, mine);
    // One that began later was quicker: what that told stands.
    if (mine.readAt > began) return mine.answer;
    Object.assign(mine, found, { readAt: began });
    // What is not there may be anybody's invention, and is not kept; nor is what was not there yet.
    if (found.answer === undefined || found.answer === "finished") kept.delete(key);
    return found.answer;
  }

  return {
    /**
     * The playlist of a recording as it is, at most a second old; `finished` when the replay's takes its place, undefined
     * when there is none, or nothing in it yet. Rejects when the database is away.
     */
    async find(of: Of): Promise<Answer> {
      const now = performance.now();
      const key = `${of.streamId} ${of.recordingId}`;
      const known = kept.get(key);
      if (known) known.askedAt = now;
      if (known && now - known.readAt < freshMs) return known.answer;
      if (known?.reading && now - known.reading.began < patienceMs) return known.reading.answer;
      forget(now);
      const mine: Kept = known ?? {
        ...{ told: nothingTold, playlist: undefined, answer: undefined },
        ...{ readAt: -Infinity, reading: undefined, askedAt: now },
      };
      const reading = { answer: readAnew(key, of, mine, now), began: now };
      mine.reading = reading;
      kept.set(key, mine);
      try {
        return await reading.answer;
      } finally {
        if (mine.reading === reading) mine.reading = undefined;
      }
    },
  };
}

type Of = { streamId: string; recordingId: string };
