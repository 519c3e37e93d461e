import { type KeptRanges, toEdited, toRecorded, toRecordedEnd } from "#app/domain/recordings/edited-time.ts";
import { type Cue, readWrittenVtt, timestamp, writeVtt } from "./vtt.ts";

type Move = { start: (ms: number) => number; end: (ms: number) => number };

/** Cues of what plays, with the times of the recording as it was before anybody cut it. Those behind its end are left out. */
export const toRecordedCues = (kept: KeptRanges, cues: readonly Cue[]): Cue[] =>
  moved(cues, { start: (ms) => toRecorded(kept, ms), end: (ms) => toRecordedEnd(kept, ms) });

/** Captions of a recording (as we have written them) for what an edit has left of it. */
export function captionsThatPlay(vtt: string, kept: KeptRanges): string {
  const move = (ms: number) => toEdited(kept, ms);
  return writeVtt(moved(readWrittenVtt(vtt), { start: move, end: move }));
}

/** What nothing is left of is no cue any more. */
function moved(cues: readonly Cue[], move: Move): Cue[] {
  return cues.flatMap((cue) => {
    const [startMs, endMs] = [move.start(cue.startMs), move.end(cue.endMs)];
    if (endMs <= startMs) return [];
    return [{ ...cue, startMs, endMs, text: withTimesMoved(cue.text, { startMs, endMs }, move) }];
  });
}

const timeTag = /<(?:(\d{2,}):)?(\d\d):(\d\d)\.(\d{3})>/g;

/** A time within a cue says from when on what follows it is shown; one that is not within it any more says nothing. */
function withTimesMoved(text: string, { startMs, endMs }: Pick<Cue, "startMs" | "endMs">, move: Move) {
  return text.replace(timeTag, (_, hours: string | undefined, minutes, seconds, ms) => {
    const minute = Number(hours ?? 0) * 60 + Number(minutes);
    const at = move.start((minute * 60 + Number(seconds)) * 1000 + Number(ms));
    return at > startMs && at < endMs ? `<${timestamp(at)}>` : "";
  });
}
