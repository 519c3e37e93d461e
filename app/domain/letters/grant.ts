import { isolate, opensInWords, untilInWords } from "./words.ts";

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
  return {
    subject: `${spaceName} gave you a pass: ${passName}`,
    text: `${isolate(spaceName)} gave you the pass ${isolate(passName)}.

${opensInWords(experiences)}

${untilInWords({ endsAt, timeZone, atExpiry })}

To watch, sign in with this address, ${isolate(email)}. There is no password: we send you a code.
${link}

What is coming up at ${isolate(spaceName)}:
${spaceLink}

You do not know ${isolate(spaceName)}? Then somebody typed your address by mistake, and there is nothing to do.

Frontrow
`,
  };
}
