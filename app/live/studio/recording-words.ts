import type { StudioRecording, StudioState } from "./types.ts";

export type RecordingWords = { words: string; note?: string; good: boolean };

/** "42:07", "1:02:03" */
function elapsed(from: string, to: string): string {
  const seconds = Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 1000));
  const two = (number: number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** What the recorder is really doing; times count from when the stream went live, as the page's own clock does. */
export function recordingWords(state: Pick<StudioState, "status" | "liveAt" | "recording">): RecordingWords {
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
  switch (recording.status) {
    case "starting":
      if (recording.reason) return not(recording, safe);
      return { words: "Starting…", note: "It begins with your first picture or sound.", good: false };
    case "recording":
      if (recording.reason) return not(recording, safe);
      return safe
        ? { words: `Recording, safe until ${safe}`, note: "Read back from storage.", good: true }
        : { words: "Recording", note: "The first seconds are on their way to storage.", good: true };
    case "stopping":
    case "finalizing":
      return { words: "Finishing the replay…", note: safe && `Safe until ${safe}.`, good: false };
    case "ready":
      return { words: "The replay is ready", good: true };
    case "failed":
      return not(recording, safe);
  }
}

function not(recording: StudioRecording, safe: string | undefined): RecordingWords {
  const reason = recording.reason || "the recorder did not say why";
  return {
    words: `Not recording: ${reason.charAt(0).toLowerCase()}${reason.slice(1).replace(/\.$/, "")}`,
    note: safe && `What there is until ${safe} is safe.`,
    good: false,
  };
}
