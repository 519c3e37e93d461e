import { lengthInWords } from "../replay/clock.ts";
import { dropped } from "./live-words.ts";
import type { Way } from "./way.ts";

/** How far behind what happens the picture is. */
export const delayInWords = (ms: number | null): string =>
  ms === null ? "With a delay" : `About ${lengthInWords(ms)} behind`;

/** Why somebody watches with a delay, where they did not ask for it. */
export function whyDelayed(way: Way, { hostAbsent }: { hostAbsent: boolean }): string {
  if (hostAbsent) return dropped;
  if (!way.delayed || way.why === "chosen") return "";
  if (way.why === "offered") return "There is a place now: you can watch without delay whenever you like.";
  if (way.why === "queue")
    return "So many people are coming in at once that the picture comes to you with a delay at first. It changes by itself when it is your turn.";
  return way.why === "full"
    ? "So many people are watching that the picture comes to you with a delay. When there is a place, it changes by itself."
    : "The direct picture cannot be reached from here, so this one comes with a delay. We keep trying.";
}
