import { instantInWords, isolate, opensInWords } from "./words.ts";

type Words = {
  spaceName: string;
  passName: string;
  /** What the pass opens, by name. */
  experiences: string[];
  /** Until when the seat is kept. */
  offerUntil: Date;
  timeZone: string;
  /** The pass's page, where it is taken. */
  link: string;
};

/** The letter to somebody who waited for a pass, and for whom a seat is kept now. */
export function passOfferLetter({ spaceName, passName, experiences, offerUntil, timeZone, link }: Words): {
  subject: string;
  text: string;
} {
  return {
    subject: `A seat is free for you: ${passName}`,
    text: `You are on the waiting list for ${isolate(passName)} of ${isolate(spaceName)}, and it is your turn: we keep a seat for you
until ${instantInWords(offerUntil, timeZone)}.

Take it here, with one button:
${link}

${opensInWords(experiences)}

You do not want it any more? Then there is nothing to do: after that time it goes to the next. On the same page you can
let it go at once.

Frontrow
`,
  };
}
