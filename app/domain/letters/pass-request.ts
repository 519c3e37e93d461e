import { isolate, opensInWords, untilInWords } from "./words.ts";

type Words = {
  spaceName: string;
  passName: string;
  /** The pass's page. */
  link: string;
};

type Approved = Words & {
  /** What the pass opens, by name. */
  experiences: string[];
  /** Null: without an end. */
  endsAt: Date | null;
  timeZone: string;
  atExpiry: "finish" | "cut";
  /** Where the person sees what they can watch. */
  watchLink: string;
};

/** The letter to somebody whose request for a pass was approved. */
export function requestApprovedLetter(words: Approved): { subject: string; text: string } {
  const { spaceName, passName, experiences, endsAt, timeZone, atExpiry, watchLink } = words;
  return {
    subject: `Yes from ${spaceName}: you hold ${passName}`,
    text: `You asked ${isolate(spaceName)} for the pass ${isolate(passName)}, and they said yes: you hold it now.

${opensInWords(experiences)}

${untilInWords({ endsAt, timeZone, atExpiry })}

What you can watch:
${watchLink}

Frontrow
`,
  };
}

/** The letter to somebody whose request was declined; `reason` is what the space says, "" when nothing. */
export function requestDeclinedLetter({ spaceName, passName, link, reason }: Words & { reason: string }): {
  subject: string;
  text: string;
} {
  return {
    subject: `Not this time: your request for ${passName}`,
    text: `You asked ${isolate(spaceName)} for the pass ${isolate(passName)}. They cannot give it to you.
${reason ? `\nWhat they say about it: ${isolate(reason)}\n` : ""}
The page of the pass, where you can ask again:
${link}

Frontrow
`,
  };
}

/** The letter to somebody who asked for a pass that is no longer given. */
export function requestClosedLetter({ spaceName, passName }: Omit<Words, "link">): {
  subject: string;
  text: string;
} {
  return {
    subject: `No longer given: ${passName}`,
    text: `You asked ${isolate(spaceName)} for the pass ${isolate(passName)}. It is no longer given, so your request has
ended. There is nothing to do.

Frontrow
`,
  };
}
