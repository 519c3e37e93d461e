export type ReadTime = { ok: true; ms: number } | { ok: false; sentence: string };

/**
 * A place in a recording as people type it: "1:02:03", "4:05.5", "90:00" (minutes), "90" (seconds). Refuses, with a sentence, what is none,
 * or lies outside a recording of `durationMs`.
 */
export function readTime(typed: string, durationMs: number): ReadTime {
  const text = typed.trim().replaceAll(",", ".");
  if (/^[-−–]\s*\d/.test(text)) return { ok: false, sentence: "A recording begins at 0:00, and not before." };
  const clock = /^(?:(?:(\d{1,3}):([0-5]?\d)|(\d{1,4})):)?(\d{1,6})(\.\d{1,3})?\s?(?:s|sec|seconds?)?$/i.exec(
    text,
  );
  const [, hours = "0", after, alone, whole = "0", part = ""] = clock ?? [];
  const minutes = after ?? alone;
  const seconds = Number(whole + part);
  if (!clock || (minutes !== undefined && (whole.length !== 2 || seconds >= 60))) {
    return { ok: false, sentence: "Write a time like 1:02:03 or 4:05, or in seconds, like 90." };
  }
  const ms = Math.round((Number(hours) * 3600 + Number(minutes ?? 0) * 60 + seconds) * 1000);
  // What a page shows is rounded.
  if (ms > durationMs + 1000) {
    return { ok: false, sentence: `The recording ends at ${writeTime(durationMs)}, and this is after it.` };
  }
  return { ok: true, ms: Math.min(ms, durationMs) };
}

/** The same the other way: "0:06", "0:06.4", "1:02:03". */
export function writeTime(ms: number): string {
  const tenths = Math.round(Math.max(0, ms) / 100);
  const seconds = Math.floor(tenths / 10);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  const clock = h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  return tenths % 10 === 0 ? clock : `${clock}.${tenths % 10}`;
}
