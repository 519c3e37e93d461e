/** Where in a recording somebody was, in ms, when its stream ended under their delayed picture. */
const places = new Map<string, number>();

/** The replay goes on there; null: it has nothing to go on from. */
export function leaveOff(recordingId: string, positionMs: number | null): void {
  if (positionMs === null) places.delete(recordingId);
  else places.set(recordingId, positionMs);
}

export const leftOff = (recordingId: string): number | undefined => places.get(recordingId);
