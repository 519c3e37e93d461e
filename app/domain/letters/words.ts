/** What a pass opens, as a list. */
export function opensInWords(experiences: string[]): string {
  if (experiences.length === 0) return "It does not open anything yet.";
  return `It opens, live and as replay:\n\n${experiences.map((name) => `  - ${isolate(name)}`).join("\n")}`;
}

/** Until when a grant is somebody's, and what its end does during a stream. */
export function untilInWords({
  endsAt,
  timeZone,
  atExpiry,
}: {
  endsAt: Date | null;
  timeZone: string;
  atExpiry: "finish" | "cut";
}): string {
  return endsAt
    ? `It is yours until ${instantInWords(endsAt, timeZone)}.\n${atEnd[atExpiry]}`
    : "It has no end.";
}

const atEnd = {
  finish: "A stream that has begun by then plays to its end.",
  cut: "It ends at that moment, also in the middle of a stream.",
};

/** "Thursday, 31 December 2099, 23:59 (Europe/Berlin)" */
export function instantInWords(instant: Date, timeZone: string): string {
  const day = new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "full" }).format(instant);
  const time = new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "short" }).format(instant);
  return `${day}, ${time} (${timeZone})`;
}

/** Names that people wrote stay on their line, and keep their direction to themselves. */
export function isolate(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(line) ? `\u2068${line}\u2069` : line;
}
