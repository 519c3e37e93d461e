import { instantInWords, isolate } from "./words.ts";

type Words = {
  email: string;
  /** In words, as the page of sessions says it. */
  browser: string;
  at: Date;
  timeZone: string;
  /** To the page of sessions, which asks for a sign-in: the letter itself opens nothing. */
  link: string;
};

/** The letter about a sign-in from a browser that is not known as its person's. */
export function newSignInLetter({ email, browser, at, timeZone, link }: Words): {
  subject: string;
  text: string;
} {
  return {
    subject: `A new sign-in to Frontrow: ${browser}`,
    text: `Somebody signed in as ${isolate(email)} in a browser that we do not know as yours:

    ${browser}
    ${instantInWords(at, timeZone)}

Was it you? Then there is nothing to do.

Was it not? End that session here, and every other that you do not know:
${link}

Nobody signs in without a code from your mailbox. So see to it that nobody else reads your mail, too.

Frontrow
`,
  };
}
