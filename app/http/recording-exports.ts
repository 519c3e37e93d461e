import type { OwnRecording } from "#app/domain/recordings/own.ts";
import { isFinished } from "./recording-of-team.ts";

/** How far the files of a finished recording are, for its page. */
export function exportsInWords(recording: OwnRecording, media: string) {
  const { exports } = recording;
  const mp4 = exports.find(({ kind }) => kind === "mp4");
  return {
    working:
      isFinished(recording) && exports.some(({ status }) => status === "waiting" || status === "running"),
    /** Which could not be made, but can be tried again. */
    failed: {
      mp4: mp4?.canRetry ?? false,
      pictures: exports.some(({ kind, canRetry }) => kind !== "mp4" && canRetry),
    },
    /** Each file that is asked for, and how far it is, 0 to 1. */
    files: exports.map(({ kind, status, progress, reason }) => ({ kind, status, progress, reason })),
    poster: posterOf(recording, media),
    mp4: mp4
      ? {
          href: mp4.isThere ? `${media}/video.mp4?download=1` : null,
          plays: mp4.isCurrent ? `${media}/video.mp4` : null,
          status: mp4.status,
          progress: mp4.progress,
          reason: mp4.reason,
          bytes: mp4.isThere ? mp4.bytes : null,
          isCurrent: mp4.isCurrent,
        }
      : null,
  };
}

/** Browsers keep it for minutes: another one has another address. */
function posterOf({ exports }: OwnRecording, media: string) {
  const found = exports.find(({ kind, status }) => kind === "poster" && status === "ready");
  return found ? `${media}/poster.jpg?of=${found.sha256?.slice(0, 8)}` : null;
}
