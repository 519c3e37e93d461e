/**
 * Maps a track's own time to the wall clock. A piece of media can only arrive late, never early, so the least
 * (arrival - media time) of the last two seconds is the best guess at their distance. Stamping by arrival instead broke
 * sound and picture apart by half a second whenever the thread stalled.
 */
export function createMediaClock(windowMs = 2000) {
  /** Distances in rising order: the first is the least of the window. */
  let distances: { arrival: number; distance: number }[] = [];

  return {
    /** Milliseconds on the wall clock (as of `performance.now()`) at which this piece of media was meant to be seen. */
    wall(mediaMs: number, arrival: number): number {
      const distance = arrival - mediaMs;
      while (distances.length > 0 && distances.at(-1)!.distance >= distance) distances.pop();
      distances.push({ arrival, distance });
      while (distances[0]!.arrival < arrival - windowMs) distances.shift();
      return mediaMs + distances[0]!.distance;
    },
    /** After a pause the track's own time may have stood still. */
    reset() {
      distances = [];
    },
  };
}
