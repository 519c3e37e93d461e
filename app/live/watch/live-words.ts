import type { RoomView } from "./viewer-room.client.ts";

export const dropped = "The host's connection dropped. They are reconnecting, and the stream stays open.";
const connecting = "Connecting you to the picture…";

/** What is said on the stage where the picture is; undefined while there is one. */
export function wordsFor(
  { line, wasIn, screen, camera, pictureComes, sounds }: Omit<RoomView, "soundBlocked">,
  { hostAbsent, otherDevices }: { hostAbsent: boolean; otherDevices: boolean },
): string | undefined {
  if (line === "elsewhere") return "You are watching this stream in another tab.";
  // The page is read again, and asks which is to end; unless a place was free by then.
  if (line === "refused" && otherDevices) return "Other devices of yours have all places of your pass.";
  if (line === "refused") return "One moment, we are asking whether this is still live.";
  if (line === "full")
    return "So many people are watching that there is no place for you right now. We ask again by ourselves.";
  if (line === "failed")
    return "The live picture cannot be reached. Your network may block it; we keep trying.";
  if (hostAbsent) return dropped;
  if (line === "reconnecting" && wasIn) return "Your connection dropped. Reconnecting…";
  if (line === "joining" || line === "reconnecting") return connecting;
  if (screen || camera) return undefined;
  if (pictureComes) return connecting;
  return sounds.length > 0
    ? "Sound only: the host shows no picture right now."
    : "Waiting for the host's picture…";
}
