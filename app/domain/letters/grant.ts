type Words = {
  spaceName: string;
  passName: string;
  /** What the pass opens, by name. */
  experiences: string[];
  /** Null: without an end. */
  endsAt: Date | null;
  timeZone: string;
  atExpiry: "finish" | "cut";
  email: string;
  /** Where the person sees what they can watch. */
  link: string;
  spaceLink: string;
};

/** The letter to somebody who was given a pass: what it opens, until when, and where. */
export function grantLetter(words: Words): { subject: string; text: string } {
  const { spaceName, passName, experiences, endsAt, timeZone, atExpiry, email, link, spaceLink } = words;
  const list = experiences.map((name) => `  - ${isolate(name)}`).join("\n");
  const until = endsAt
    ? `It is yours until ${inWords(endsAt, timeZone)}.\n${atEnd[atExpiry]}`
    : "It has no end.";
  return {
    subject: `${spaceName} gave you a pass: ${passName}`,
    text: `${isolate(spaceName)} gave you the pass ${isolate(passName)}.

${experiences.length > 0 ? `It opens, live and as replay:\n\n${list}` : "It does not open anything yet."}

${until}

To watch, sign in with this address, ${isolate(email)}. There is no password: we send you a code.
${link}

What is coming up at ${isolate(spaceName)}:
${spaceLink}

You do not know ${isolate(spaceName)}? Then somebody typed your address by mistake, and there is nothing to do.

Frontrow
`,
  };
}

const atEnd = {
  finish: "A stream that has begun by then plays to its end.",
  cut: "It ends at that moment, also in the middle of a stream.",
};

function inWords(instant: Date, timeZone: string): string {
  const day = new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "full" }).format(instant);
  const time = new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "short" }).format(instant);
  return `${day}, ${time} (${timeZone})`;
}

/** Names that people wrote stay on their line, and keep their direction to themselves. */
function isolate(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(line) ? `\u2068${line}\u2069` : line;
}
