import type { MailedStream, MailingFacts } from "../../mail/facts.ts";
import { choiceOf } from "../../mail/kinds.ts";
import type { LetterContent } from "./layout.ts";
import {
  accessEndsLetter,
  cancelledLetter,
  comingLetter,
  liveLetter,
  movedLetter,
  newStreamsLetter,
  reminderLetter,
  replayLetter,
} from "./letters.ts";

/** By what else a letter of a mailing differs from one reader to the next. */
export type Reader = { zone: string | null; mayWatch: boolean; publicUrl: string };

/** The words of a mailing for one reader; several mailings about new streams are one letter. */
export function contentOf(mailings: [MailingFacts, ...MailingFacts[]], reader: Reader): LetterContent {
  const [mailing] = mailings;
  if (mailing.grant) {
    const { grant, expiresAt } = mailing;
    return accessEndsLetter({ grant: { ...grant, endsAt: grant.endsAt ?? expiresAt }, ...reader });
  }
  const about = (stream: MailedStream) => ({ stream, ...reader });
  const stream = mailing.stream!;
  switch (mailing.kind) {
    case "coming":
      return comingLetter(about(stream));
    case "reminder":
      return reminderLetter(about(stream));
    case "live":
      return liveLetter(about(stream));
    case "moved":
      return movedLetter(about(stream));
    case "cancelled":
      return cancelledLetter(about(stream));
    case "replay":
      return replayLetter(about(stream));
    default:
      return newStreamsLetter(mailings.map((one) => about(one.stream!)));
  }
}

/** What one reader stops with the address in the letter. */
export const stoppedBy = ({ kind }: MailingFacts) => choiceOf[kind];
