import type { StudioRecording } from "./types.ts";

/** Where the replay of a stream that is over stands, and the file of it, with what they wait for. */
export function replayWords(recording: StudioRecording | null): string {
  if (!recording) return "It was not recorded, so there is no replay.";
  if (recording.withheld === "hidden") return "The replay is hidden from viewers.";
  if (recording.withheld === "deleted") return "The recording was deleted.";
  switch (recording.status) {
    case "ready":
      return recording.exportReady
        ? "The replay is ready, and so is the MP4."
        : `The replay is ready. ${fileWords(recording.mp4)}`;
    case "failed":
      return `There is no replay: ${recording.reason || "the recording failed."}`;
    default:
      return `The replay is being finished. ${waitWords(recording)}`;
  }
}

function fileWords(mp4: StudioRecording["mp4"]): string {
  if (mp4?.status === "failed")
    return `There is no MP4 for download: ${mp4.reason} You can have it made again on the recording's page.`;
  if (mp4?.reason) return `The MP4 for download has to wait: ${mp4.reason}`;
  return "The MP4 for download is being made; it appears here by itself.";
}

function waitWords({ reason, waits, status }: StudioRecording): string {
  if (waits)
    return "Some of it lies where the recorder writes, and has still to be copied; it appears here by itself once storage has taken all of it.";
  if (status === "finalizing" && reason)
    return `It has to wait: ${reason} It is tried again every few seconds, and appears here by itself.`;
  return "It appears here by itself within seconds.";
}
