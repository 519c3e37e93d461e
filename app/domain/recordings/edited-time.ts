/**
 * Two times of a finished recording, both in ms. Recorded: from the first segment on, as it played before anybody cut
 * it. Edited: from the beginning of what plays now. What is missing (a gap between two recorders) counts in neither.
 * They are the same while nothing is cut.
 */

/** A stretch of recorded time that stays. */
export type Kept = { fromMs: number; toMs: number };

/** All that stay, in order and apart from each other; null: everything. */
export type KeptRanges = readonly Kept[] | null;

/** Where a moment of the recording stands in what plays. One that was cut out: where the next that is there stands. */
export function toEdited(kept: KeptRanges, recordedMs: number): number {
  if (!kept) return Math.max(0, recordedMs);
  let before = 0;
  for (const { fromMs, toMs } of kept) {
    if (recordedMs < toMs) return before + Math.max(0, recordedMs - fromMs);
    before += toMs - fromMs;
  }
  return before;
}

/** Which moment of the recording one sees at a place of what plays; after its end, the last one. */
export function toRecorded(kept: KeptRanges, editedMs: number): number {
  const wanted = Math.max(0, editedMs);
  if (!kept) return wanted;
  let before = 0;
  for (const { fromMs, toMs } of kept) {
    if (wanted < before + toMs - fromMs) return fromMs + wanted - before;
    before += toMs - fromMs;
  }
  return kept.at(-1)?.toMs ?? 0;
}

/** The same for where something ends: at the end of what it was in, and not where the next that stays begins. */
export function toRecordedEnd(kept: KeptRanges, editedMs: number): number {
  let before = 0;
  for (const { fromMs, toMs } of kept ?? []) {
    if (editedMs > before && editedMs <= before + toMs - fromMs) return fromMs + editedMs - before;
    before += toMs - fromMs;
  }
  return toRecorded(kept, editedMs);
}
