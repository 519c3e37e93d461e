/** Nobody waits longer for their turn, however many there are: the room's ceiling is reached long before that. */
const longestMs = 5 * 60_000;

/**
 * Within so many ms the people of a page that goes live come in, each at a moment of its own: `many` have it open, and the
 * room was measured to take `joinsPerSecond`. Faster than that nobody is in earlier: they would wait in LiveKit's queues.
 */
export const joinSpreadMs = (many: number, joinsPerSecond: number): number =>
  Math.min(longestMs, (many / joinsPerSecond) * 1_000);

/** So many fetch the player's code in a second; it comes minutes before it is needed. */
const fetchesPerSecond = 100;

/** Within so many ms they fetch the player's code, shortly before the start. */
export const warmUpMs = (many: number): number => Math.min(120_000, (many / fetchesPerSecond) * 1_000);
