import type { Line } from "./viewer-room.client.ts";

/** How somebody sees the live picture: from the room, or some seconds later from what is recorded, and why that. */
export type Way = { delayed: false } | { delayed: true; why: "chosen" | "full" | "late" };

/** So long the room may take before the delayed picture comes instead. */
export const patienceMs = 8_000;

/** `line`: to the room. `late`: there has been none for longer than our patience. `possible`: there is a delayed picture. */
export function wayNow({
  chosen,
  line,
  late,
  possible,
}: {
  chosen: boolean;
  line: Line;
  late: boolean;
  possible: boolean;
}): Way {
  if (!possible) return { delayed: false };
  if (chosen) return { delayed: true, why: "chosen" };
  if (line === "full") return { delayed: true, why: "full" };
  return late && isComing(line) ? { delayed: true, why: "late" } : { delayed: false };
}

/** Whether it is only a matter of time until there is a line. */
export const isComing = (line: Line): boolean =>
  line === "joining" || line === "reconnecting" || line === "failed";
