import type { Kept } from "./edited-time.ts";
import { readTime, writeTime } from "./typed-time.ts";

/** What an edit is made of: where it begins and ends, and what is cut out in between. Recorded time, in ms. */
export type EditList = { startMs: number; endMs: number; cuts: Kept[] };

export type TypedEdit = { start: string; end: string; cuts: { from: string; to: string }[] };

/** A sentence by field: `start`, `end`, and `from0`, `to0`, … of the cuts. */
export type EditProblems = Record<string, string>;

export const mostCuts = 50;

/**
 * An edit from what was typed: an empty start or end is the recording's own, and an empty cut is none. Refuses, beside
 * its field, what lies outside the recording or is the wrong way round, and cuts that overlap.
 */
export function readEditList(
  typed: TypedEdit,
  durationMs: number,
): { ok: true; edit: EditList } | { ok: false; problems: EditProblems } {
  const problems: EditProblems = {};
  const read = (field: string, text: string, empty: number | string): number | undefined => {
    if (text.trim() === "" && typeof empty === "number") return empty;
    const time =
      text.trim() === "" ? { ok: false as const, sentence: String(empty) } : readTime(text, durationMs);
    if (time.ok) return time.ms;
    problems[field] = time.sentence;
    return undefined;
  };
  const startMs = read("start", typed.start, 0);
  const endMs = read("end", typed.end, durationMs);
  if (startMs !== undefined && endMs !== undefined && endMs <= startMs)
    problems.end = `This is not after the start, ${writeTime(startMs)}.`;

  const cuts: (Kept & { index: number })[] = [];
  for (const [index, { from, to }] of typed.cuts.entries()) {
    if (from.trim() === "" && to.trim() === "") continue;
    const fromMs = read(`from${index}`, from, "Say where this cut begins, or leave both times empty.");
    const toMs = read(`to${index}`, to, "Say where this cut ends, or leave both times empty.");
    if (fromMs === undefined || toMs === undefined) continue;
    if (toMs <= fromMs) problems[`to${index}`] = `This is not after its beginning, ${writeTime(fromMs)}.`;
    else cuts.push({ fromMs, toMs, index });
  }
  if (cuts.length > mostCuts)
    problems[`from${cuts[mostCuts]!.index}`] = `At most ${mostCuts} pieces can be cut out.`;
  if (startMs !== undefined && endMs !== undefined && !problems.end) {
    for (const { fromMs, toMs, index } of cuts) {
      const around = `what stays, which is ${writeTime(startMs)} to ${writeTime(endMs)}`;
      if (fromMs < startMs) problems[`from${index}`] = `This cut begins before ${around}.`;
      else if (toMs > endMs) problems[`to${index}`] = `This cut ends after ${around}.`;
    }
  }
  for (const [a, b] of pairs(cuts)) {
    const [first, second] = a.index < b.index ? [a, b] : [b, a];
    if (a.fromMs < b.toMs && b.fromMs < a.toMs)
      problems[`from${second.index}`] ??=
        `This overlaps the cut from ${writeTime(first.fromMs)} to ${writeTime(first.toMs)}. Make one of the two, or move one.`;
  }
  if (Object.keys(problems).length > 0) return { ok: false, problems };
  const inOrder = cuts.map(({ fromMs, toMs }) => ({ fromMs, toMs })).sort((a, b) => a.fromMs - b.fromMs);
  return { ok: true, edit: { startMs: startMs!, endMs: endMs!, cuts: inOrder } };
}

function* pairs<T>(list: readonly T[]): Generator<[T, T]> {
  for (const [index, one] of list.entries()) for (const other of list.slice(index + 1)) yield [one, other];
}

/** The edit that leaves this, to be shown in a form. */
export function editListOf(kept: readonly Kept[] | null, durationMs: number): EditList {
  if (!kept || kept.length === 0) return { startMs: 0, endMs: durationMs, cuts: [] };
  const cuts = kept.slice(1).map(({ fromMs }, index) => ({ fromMs: kept[index]!.toMs, toMs: fromMs }));
  return { startMs: kept[0]!.fromMs, endMs: kept.at(-1)!.toMs, cuts };
}
