export const leastMinutes = 5;
export const mostMinutes = 24 * 60;

/**
 * How long a stream is expected to be, in minutes, from what was typed: "90", "90 min", "1:30", "1 h 30 min", "1.5 h".
 * Refuses, with a sentence, what is none of these, less than 5 minutes or more than 24 hours.
 */
export function readLength(
  typed: string | undefined,
): { ok: true; minutes: number } | { ok: false; sentence: string } {
  const text = (typed ?? "").trim().toLowerCase().replaceAll(",", ".");
  if (text === "") return { ok: false, sentence: "Say how long you expect it to be." };
  const minutes = text.length > 30 ? undefined : minutesIn(text);
  if (minutes === undefined) {
    return { ok: false, sentence: "Write the length in hours and minutes, such as 1 h 30 min or 90 min." };
  }
  if (minutes < leastMinutes) return { ok: false, sentence: "A stream is at least 5 minutes long." };
  if (minutes > mostMinutes) return { ok: false, sentence: "A stream is at most 24 hours long." };
  return { ok: true, minutes };
}

function minutesIn(text: string): number | undefined {
  const clock = /^(\d{1,4}):([0-5]\d)$/.exec(text);
  if (clock) return Number(clock[1]) * 60 + Number(clock[2]);
  const parts =
    /^(?:(\d{1,4}(?:\.\d{1,2})?) ?h(?:ours?|rs?)?)?(?: ?(?:and )?(\d{1,6})(?: ?m(?:in(?:ute)?s?)?)?)?$/.exec(
      text,
    );
  if (!parts || (parts[1] === undefined && parts[2] === undefined)) {
    const negative = /^-\d{1,6}(\.\d+)? ?(h|m|min)?$/.test(text);
    return negative ? -1 : undefined;
  }
  return Math.round(Number(parts[1] ?? 0) * 60) + Number(parts[2] ?? 0);
}
