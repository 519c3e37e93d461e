import { codeMinutes } from "../people/sign-in-codes.ts";

/** The letter with a code to sign in. The link carries the code behind its `#`, which no server or log gets to see. */
export function signInLetter({ code, link }: { code: string; link: string }): {
  subject: string;
  text: string;
} {
  return {
    // Without the code: mail servers log subjects.
    subject: "Your code to sign in to Frontrow",
    text: `Your code is

    ${code}

Type it into the page that asked for it, within ${codeMinutes} minutes. It works once, and only in that browser.

Or open this link there, and the code is filled in for you:
${link}#${code}

Did you not ask for it? Then somebody typed your address. Nobody can sign in without this code, so
there is nothing to do; never tell it to anybody.

Frontrow
`,
  };
}
