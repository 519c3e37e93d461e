/** Where in a recording somebody was, in ms of all that was recorded, when its stream ended under their delayed picture. */
const places = new Map<string, number>();

/** The replay goes on there, once; null: it has nothing to go on from. */
export function leaveOff(recordingId: string, recordedMs: number | null): void {
  if (recordedMs === null) places.delete(recordingId);
  else places.set(recordingId, recordedMs);
}

type Begun = { recordingId: string; edit: number; positionMs: number; startMs: number };

/**
 * Where a replay begins: where somebody left off while it was live, unless the address asks for another moment. In one
 * that was cut already that place is another, and nobody is taken there.
 */
export function beginOf({ recordingId, edit, positionMs, startMs }: Begun): {
  startMs: number;
  goesOn: boolean;
} {
  const left = places.get(recordingId);
  if (left === undefined || edit !== 0 || startMs !== positionMs)
    return { startMs, goesOn: startMs === positionMs };
  return { startMs: left, goesOn: true };
}
