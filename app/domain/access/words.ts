import type { AccessReason, Ban } from "./decision.ts";

type Known = {
  /** The address that is signed in; null for nobody. */
  email: string | null;
  spaceName: string;
  /** The pass that speaks, where there is or was one. */
  passName: string | null;
  /** Of somebody who is banned. */
  ban: Ban | null;
};

export type AccessWords = {
  /** Why, in one sentence. */
  sentence: string;
  /** What one can do about it. */
  next: string;
  /** Whether getting a pass would help. */
  passHelps: boolean;
};

/** Every answer of the access decision in words, for the page of who may not be there (and for who may). */
export function accessWords(reason: AccessReason, { email, spaceName, passName, ban }: Known): AccessWords {
  const pass = passName ? `Your pass ${isolate(passName)}` : "Your pass";
  const space = isolate(spaceName);
  const other = email
    ? `You are signed in as ${isolate(email)}. Do you hold a pass under another address? Then use that one.`
    : "";
  const words = (sentence: string, next: string, passHelps: boolean): AccessWords => ({
    sentence,
    next,
    passHelps,
  });
  switch (reason) {
    case "team":
      return words(`You are on the team of ${space}.`, "", false);
    case "grant":
      return words(`${pass} opens this stream.`, "", false);
    case "not_signed_in":
      return words(
        "This stream is for people with a pass.",
        "Have a pass already? Sign in with the address it was given to.",
        true,
      );
    case "no_grant":
      return words("You have no pass that opens this stream.", other, true);
    case "grant_not_started":
      return words(
        `${pass} has not begun yet.`,
        `It opens this stream by itself when it begins. ${other}`.trim(),
        false,
      );
    case "grant_expired":
      return words(`${pass} has run out.`, other, true);
    case "grant_cancelled":
      return words(
        `${pass} was taken back by ${space}.`,
        `Ask ${space} if you think that this is a mistake. ${other}`.trim(),
        true,
      );
    case "grant_refunded":
      return words(`${pass} was paid back, and opens nothing any more.`, other, true);
    case "banned":
      return words(
        ban && !ban.whole
          ? `The team of ${space} has banned you from this stream.`
          : `The team of ${space} has banned you from its streams.`,
        "A new pass does not change that. Only the team can.",
        false,
      );
    case "account_disabled":
      return words(
        "This account is switched off.",
        "Write to us if you think that this is a mistake.",
        false,
      );
    case "retired":
      return words(`${space} no longer shows this.`, "No pass opens it any more.", false);
  }
}

/** First strong isolate and its end: as `<bdi>` does, but in a sentence that is plain text. */
const isolate = (text: string) => `\u2068${text}\u2069`;
