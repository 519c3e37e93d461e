import type { Part } from "#app/domain/recordings/parts.ts";

/** A kill of what recorded an attempt: the first one, the next one, and so on. */
export type Kill = { at: number; all: boolean; early: boolean };

/**
 * How many ms of a recording each kill has cost: from the end of what plays before it to the beginning of what plays after it.
 * Where nothing plays between two kills, the second one's loss begins, and that of the first ends, with the second.
 */
export function lossesOf(
  kills: readonly Kill[],
  parts: readonly Pick<Part, "attempt" | "programTime" | "durationMs">[],
): number[] {
  return kills.map(({ at }, index) => {
    const before = parts.findLast(({ attempt }) => attempt <= index + 1);
    const after = parts.find(({ attempt }) => attempt >= index + 2);
    if (!before?.programTime || !after?.programTime)
      throw new Error(`nothing plays around kill ${index + 1}`);
    const from = before.attempt === index + 1 ? before.programTime.getTime() + before.durationMs : at;
    const to = after.attempt === index + 2 ? after.programTime.getTime() : kills[index + 1]!.at;
    return Math.max(0, Math.round(to - from));
  });
}
