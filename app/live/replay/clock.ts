/** A place in a recording: "4:05", "1:02:03". */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** How long something is, in words: "35 seconds", "2 minutes", "3 hours 10 minutes". */
export function lengthInWords(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 100) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} minutes`;
  const hours = minutes < 120 ? "1 hour" : `${Math.floor(minutes / 60)} hours`;
  const rest = minutes % 60;
  return rest === 0 ? hours : `${hours} ${rest === 1 ? "1 minute" : `${rest} minutes`}`;
}

/** The same with tenths of a second, as one types it: "4:05.4". */
export const exactClock = (ms: number): string => `${clock(ms)}.${Math.floor(Math.max(0, ms) / 100) % 10}`;

/** The address of a moment of a replay; `stream` is the path of its page. Whole seconds, never behind the moment. */
export const momentPath = (stream: string, ms: number) => `${stream}?t=${Math.floor(ms / 1000)}`;
