import { createTransport } from "nodemailer";
import type { Config } from "#app/config.ts";
import { isServiceError, type ServiceError, serviceError } from "./service-error.ts";

export type Letter = {
  /** One address, and nothing else: no name, no list. Or several of people who may know of each other, as in one letter. */
  to: string | readonly string[];
  subject: string;
  text: string;
  html?: string;
  /** `<…@…>`; the same for a letter that is sent again. One is made up where there is none. */
  messageId?: string;
  headers?: Record<string, string>;
};

/**
 * `mailboxGone`: the server said that there is no such mailbox, and never will take anything for it. `serverAway`: it
 * would have taken no other letter either.
 */
type MailError = ServiceError & { mailboxGone: boolean; serverAway: boolean };
export type Mailer = { send(letter: Letter): Promise<void>; close(): void };

/**
 * A mailer over SMTP. `send` resolves when the server has accepted the letter, and throws a ServiceError otherwise
 * (`retryable` unless the server refused this letter for good, a 5xx to its recipient or its text). The subject is one line: breaks become spaces, and
 * nodemailer encodes what is not ASCII.
 */
export function createMailer({ url, from }: Pick<Config["mail"], "url" | "from">): Mailer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 4,
    connectionTimeout: 10_000,
    socketTimeout: 20_000,
  } as never);
  return {
    async send({ to, subject, text, html, messageId, headers }) {
      try {
        await transport.sendMail({
          from,
          // Not as text, in which nodemailer would look for names and for several.
          to: [to].flat().map((address) => ({ name: "", address })),
          subject: subject.replace(/[\r\n\t\0]+/g, " ").trim(),
          text,
          html,
          messageId,
          headers,
        });
      } catch (error) {
        throw inOurWords(error as SmtpError);
      }
    },
    close: () => transport.close(),
  };
}

type SmtpError = { responseCode?: number; response?: string; command?: string; code?: string };

/** Whether a letter was refused because there is no such mailbox: mail to its address is to stop. */
export const isMailboxGone = (error: unknown): boolean =>
  isServiceError(error) && (error as MailError).mailboxGone === true;

/** Whether no letter at all can be handed over at the moment: the server is not there, or lets nobody in. */
export const isServerAway = (error: unknown): boolean =>
  isServiceError(error) && (error as MailError).serverAway === true;

function inOurWords({ responseCode: status = 0, response = "", command, code }: SmtpError): MailError {
  const [, enhanced = ""] = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response) ?? [];
  // Without an answer and by our own word: an address that cannot be written to a server at all.
  const impossible = status === 0 && code === "EENVELOPE";
  // What is said to a greeting, a password or a sender is about us (a full quota, an account that rests), and the same
  // for every letter, however final it sounds.
  const isVerdict = status > 0 && (command === "RCPT TO" || command === "DATA");
  const error = serviceError("mail", "the mail server did not take a letter", {
    retryable: !impossible && !(isVerdict && status >= 500),
    code: impossible ? "address" : [status || "unreachable", enhanced].filter(Boolean).join(" "),
  });
  return Object.assign(error, {
    mailboxGone: command === "RCPT TO" && isAboutMailbox({ status, enhanced, response }),
    serverAway: !impossible && (!isVerdict || status === 421),
  });
}

/**
 * Says that a recipient's mailbox is not there: RFC 3463 and the codes that IANA registered since
 * (https://www.iana.org/assignments/smtp-enhanced-status-codes): no such mailbox (5.1.1), no such domain (5.1.2), no address
 * (5.1.3), moved without a trace (5.1.6), a domain that takes no mail (5.1.10, RFC 7505), switched off (5.2.1). Others are about
 * us (5.1.7, 5.1.8, 5.7), the way there (5.3, 5.4), or pass by (5.2.2, full).
 */
const mailboxCodes = /^5\.(1\.(1|2|3|6|10)|2\.1)$/;
/** RFC 5321 answers a recipient with these when there is no such mailbox, RFC 7505 with 556 when its domain takes no mail. */
const mailboxStatuses = [550, 551, 553, 556];

/** A mailbox is given up by what is surely about it alone: one letter in vain costs less than a reader who hears nothing more. */
function isAboutMailbox({
  status,
  enhanced,
  response,
}: {
  status: number;
  enhanced: string;
  response: string;
}) {
  if (enhanced) return mailboxStatuses.includes(status) && mailboxCodes.test(enhanced);
  if (status !== 550) return false;
  // A server without enhanced codes says by words alone whether it means the mailbox: 550 is its word for policy as well.
  const words = response.replaceAll(/<[^>]*>|\S+@\S+/g, " ");
  return (
    /\b(mailbox|user|recipient|account|address)\b/i.test(words) &&
    /\b(no such|unknown|not known|not found|(not|\w+n['’]t) exist|non-?existent|invalid|no mailbox|unavailable)\b/i.test(
      words,
    ) &&
    !/relay|block|black ?list|spam|polic|denied|reputation|sender|authenti|credential|quota|full|\bIP\b|\byour (account|address)/i.test(
      words,
    )
  );
}
