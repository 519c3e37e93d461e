import type { StudioRecording, StudioState } from "./types.ts";

export type RecordingWords = {
  words: string;
  note?: string;
  good: boolean;
  /** What is sent right now is not recorded, or may not be: who broadcasts has to hear of it at once. */
  lost?: boolean;
};

/** "42:07", "1:02:03" */
function elapsed(from: string, to: string): string {
  const seconds = Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 1000));
  const two = (number: number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/**
 * What the recorder is really doing; times count from when the stream went live, as the page's own clock does. `still`: this
 * page has heard of nothing newer for long, whatever it was told of why.
 */
export function recordingWords(
  state: Pick<StudioState, "status" | "liveAt" | "recording">,
  { still = false }: { still?: boolean } = {},
): RecordingWords {
  const { recording, liveAt, status } = state;
  if (!recording) {
    return {
      words:
        status === "live" || status === "ended"
          ? "Not recording: this stream was started without one"
          : "Not yet",
      good: false,
    };
  }
  const safe = recording.safeUntil && liveAt ? elapsed(liveAt, recording.safeUntil) : undefined;
  const left = leftOutWords(recording);
  const waits = waitingWords(recording, liveAt);
  switch (recording.status) {
    case "starting":
      if (recording.reason) return not(recording, { safe, waits });
      return { words: "Starting…", note: "It begins with your first picture or sound.", good: false };
    case "recording": {
      if (recording.reason) return not(recording, { safe, waits });
      const why = recording.lag?.reason ?? (still ? "unknown" : undefined);
      const lags = why && lagWords(why);
      if (!safe && (lags || left))
        return { words: "Nothing is verified yet", note: sentences(lags, left), good: false, lost: !!lags };
      if (!safe)
        return { words: "Recording", note: "The first seconds are on their way to storage.", good: true };
      const words = `Recorded and verified until ${safe}`;
      if (lags || waits) return { words, note: sentences(waits, lags, left), good: false };
      return { words, note: sentences("Read back from storage.", left), good: true };
    }
    case "stopping":
    case "finalizing":
      return {
        words: "Finishing the replay…",
        note:
          sentences(
            safe && `Verified until ${safe}.`,
            recording.status === "finalizing" && recording.reason,
            waits,
          ) || undefined,
        good: false,
      };
    case "ready":
      return { words: "The replay is ready", note: left, good: true };
    case "failed":
      return not(recording, { safe, waits });
  }
}

const sentences = (...said: (string | false | undefined)[]) => said.filter(Boolean).join(" ");

/** What lies where the recorder writes, and not yet where viewers read. */
function waitingWords({ waits }: StudioRecording, liveAt: string | null): string | undefined {
  if (!waits) return undefined;
  const known =
    waits.since && liveAt
      ? `In storage until ${elapsed(liveAt, waits.since)}.`
      : "Not all of it is in storage yet.";
  return `${known} What is newer lies where the recorder writes, and is copied as soon as storage takes it.`;
}

/** Why what is verified lags behind what is sent. */
function lagWords(reason: string): string {
  return lags[reason] ?? lags.unknown!;
}

const lags: Record<string, string> = {
  storage_away:
    "It lags: storage does not answer, or refuses. Asked again each second; what is there stays there.",
  storage_slow: "It lags: storage answers slowly.",
  refused: "It lags: the newest piece does not play. The next ones are looked at as they come.",
  silent:
    "It lags: nothing new comes from the recorder. After ten seconds of silence another one takes its place.",
  restarting: "It lags: the recorder stopped, and another one is being started.",
  unknown: "It lags: nothing newer has been read back for some time.",
};

function leftOutWords({ leftOut }: StudioRecording): string | undefined {
  if (!leftOut) return undefined;
  const { count, last } = leftOut;
  return count === 1
    ? `One piece is left out of it (${last}).`
    : `${count} pieces are left out of it (the last one: ${last}).`;
}

function not(
  recording: StudioRecording,
  { safe, waits }: { safe: string | undefined; waits: string | undefined },
): RecordingWords {
  const reason = recording.reason || "the recorder did not say why";
  return {
    words: `Not recording: ${reason.charAt(0).toLowerCase()}${reason.slice(1).replace(/\.$/, "")}`,
    note: safe && sentences(`Recorded and verified until ${safe}.`, waits),
    good: false,
    lost: true,
  };
}
