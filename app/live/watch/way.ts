import type { Line } from "./viewer-room.client.ts";

/** Somebody wants the delayed picture, or has gone back in it and was offered the direct one. */
export type Choice = "chosen" | "offered";

/** How somebody sees the live picture: from the room, or some seconds later from what is recorded, and why that. */
export type Way = { delayed: false } | { delayed: true; why: Choice | "full" | "late" | "queue" };

/** So long the room may take before the delayed picture comes instead. */
export const patienceMs = 8_000;

/**
 * `line`: to the room. `away`: the person has gone back in the delayed picture, where nothing takes them from. `late`:
 * there has been none for longer than our patience. `queued`: their turn to go there has not come for as long, as so many
 * come in at once. `possible`: there is a delayed picture.
 */
export function wayNow({
  chosen,
  away,
  line,
  late,
  queued = false,
  possible,
}: {
  chosen: Choice | null;
  away: boolean;
  line: Line;
  late: boolean;
  queued?: boolean;
  possible: boolean;
}): Way {
  if (!possible) return { delayed: false };
  if (chosen) return { delayed: true, why: chosen };
  if (line === "full") return { delayed: true, why: "full" };
  if (late && isComing(line)) return { delayed: true, why: "late" };
  if (queued && isComing(line)) return { delayed: true, why: "queue" };
  return away && line === "joined" ? { delayed: true, why: "offered" } : { delayed: false };
}

/** Whether it is only a matter of time until there is a line. */
const isComing = (line: Line): boolean => line === "joining" || line === "reconnecting" || line === "failed";

/**
 * What a line says at once of being late; undefined: it is as it was, until the patience ends. Who has the delayed picture
 * because the room is full keeps it while another try is under way, or fails.
 */
export const lateAtOnce = (line: Line): boolean | undefined => (isComing(line) ? undefined : line === "full");

/**
 * Since when somebody waits for the room; null while they have not gone there. All by `performance.now()`: `begunMs` when
 * the page went there, `awaySince` when the room lost its line (null: it is not there), `since` when they asked again.
 */
export function waitsSince({
  begunMs,
  awaySince,
  since,
}: {
  begunMs: number | null;
  awaySince: number | null;
  since: number | null;
}): number | null {
  const began = awaySince ?? begunMs;
  return began === null ? null : Math.max(began, since ?? 0);
}
