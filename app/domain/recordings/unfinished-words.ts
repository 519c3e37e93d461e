import type { RecordingStatus } from "#db/types.ts";
import type { Receipt } from "./receipt.ts";
import { writeTime } from "./typed-time.ts";

/** Why there is nothing to play of a recording yet, or at all; for its team. */
export function unfinishedWords(
  { status, reason }: { status: RecordingStatus; reason: string },
  waiting: Receipt["waiting"],
): string {
  if (status === "failed") return `There is no recording that plays: ${reason || "it failed."}`;
  if (status === "finalizing" && waiting)
    return `What was recorded is in storage until ${writeTime(waiting.atMs)}. The rest lies where the recorder wrote it, and is copied as soon as storage takes it; then the replay is made.`;
  return "It is still being recorded or finished. What you can do with it stands here when it is ready.";
}
