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
/** Nobody asks any more. */
const forgottenMs = 60_000;

const zip = promisify(gzip);

/** The same bytes for everybody: nothing in them is of a person. */
export type SharedPlaylist = { text: Buffer; zipped: Buffer; etag: string };

type Kept = {
  told: Told;
  playlist: SharedPlaylist | undefined;
  /** The last answer, and when its reading began. */
  answer: Answer;
  readAt: number;
  reading: Promise<Answer> | undefined;
  askedAt: number;
};

type Answer = SharedPlaylist | "finished" | undefined;

/**
 * The playlists of recordings that are not finished. All who ask share the work of one reading a second, and what was told
 * once stays in its place. It knows nothing of people: whoever asks has the decision, each time anew.
 */
export function createLivePlaylists(db: Db) {
  const kept = new Map<string, Kept>();

  function forget(now: number) {
    for (const [key, { askedAt }] of kept) if (now - askedAt > forgottenMs) kept.delete(key);
  }

  async function read(of: Of, mine: Kept): Promise<Answer> {
    const status = await findRecordingStatus(db, of);
    if (status === "ready") return "finished";
    if (!unfinished.some((one) => one === status)) return undefined;
    const told = await tellMore(db, of.recordingId, mine.told);
    if (told !== mine.told) {
      const text = Buffer.from(livePlaylist(told));
      const zipped = await zip(text, { level: constants.Z_BEST_SPEED });
      const etag = `W/"${createHash("sha1").update(text).digest("base64url")}"`;
      Object.assign(mine, { told, playlist: { text, zipped, etag } });
    }
    return mine.playlist;
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
      if (known?.reading) return known.reading;
      forget(now);
      const mine: Kept = known ?? {
        ...{ told: nothingTold, playlist: undefined, answer: undefined },
        ...{ readAt: -Infinity, reading: undefined, askedAt: now },
      };
      mine.reading = read(of, mine)
        .then((answer) => {
          Object.assign(mine, { answer, readAt: now });
          // What is not there may be anybody's invention, and is not kept; nor is what was not there yet.
          if (answer === undefined || answer === "finished") kept.delete(key);
          return answer;
        })
        .finally(() => void (mine.reading = undefined));
      kept.set(key, mine);
      return mine.reading;
    },
  };
}

type Of = { streamId: string; recordingId: string };
