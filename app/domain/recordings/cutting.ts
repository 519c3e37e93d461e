import type { EditList } from "./edit-list.ts";
import type { Kept } from "./edited-time.ts";
import type { Part } from "./parts.ts";

/** Segments of one attempt that an edit leaves out, `first` to `last`. */
export type LeftOut = { attempt: number; first: number; last: number };

export type Cutting = {
  /** What stays, with its borders where segments begin and end. */
  kept: Kept[];
  leftOut: LeftOut[];
  durationMs: number;
  /** Of the edit's cuts, those that are too short to leave anything out. */
  idle: Kept[];
};

/**
 * What an edit does to the segments of a recording: whole ones stay or go, each as its middle does, so that every border
 * lies at the key frame nearest to where it was asked for. Nothing is kept of a recording whose every segment goes.
 */
export function cutSegments(recorded: readonly Part[], { startMs, endMs, cuts }: EditList): Cutting {
  const kept: Kept[] = [];
  const leftOut: LeftOut[] = [];
  const used = new Set<Kept>();
  let atMs = 0;
  let durationMs = 0;
  let stayed = false;
  for (const part of recorded) {
    const middle = atMs + part.durationMs / 2;
    const cut = cuts.find(({ fromMs, toMs }) => middle >= fromMs && middle < toMs);
    if (cut) used.add(cut);
    const stays = !cut && middle >= startMs && middle < endMs;
    if (stays) {
      durationMs += part.durationMs;
      const toMs = Math.round(atMs + part.durationMs);
      if (stayed) kept.at(-1)!.toMs = toMs;
      else kept.push({ fromMs: Math.round(atMs), toMs });
    } else leaveOut(leftOut, part, stayed);
    stayed = stays;
    atMs += part.durationMs;
  }
  return { kept, leftOut, durationMs: Math.round(durationMs), idle: cuts.filter((cut) => !used.has(cut)) };
}

function leaveOut(leftOut: LeftOut[], { attempt, number }: Part, afterKept: boolean): void {
  const run = leftOut.at(-1);
  if (run && !afterKept && run.attempt === attempt) run.last = number;
  else leftOut.push({ attempt, first: number, last: number });
}

/**
 * The parts that play when these are left out. Where something was cut a player starts anew, and what was missing there
 * is not missed any more.
 */
export function partsThatStay(recorded: readonly Part[], leftOut: readonly LeftOut[]): Part[] {
  if (leftOut.length === 0) return [...recorded];
  const isOut = ({ attempt, number }: Part) =>
    leftOut.some((run) => run.attempt === attempt && number >= run.first && number <= run.last);
  const stay: Part[] = [];
  let follows = true;
  for (const part of recorded) {
    if (isOut(part)) {
      follows = false;
      continue;
    }
    const joins = stay.length > 0;
    stay.push(follows ? part : { ...part, discontinuity: joins, gapMs: 0 });
    follows = true;
  }
  return stay;
}
