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

/** `mailboxGone`: the server said that there is no such mailbox, and never will take anything for it. */
type MailError = ServiceError & { mailboxGone: boolean };
export type Mailer = { send(letter: Letter): Promise<void>; close(): void };

/**
 * A mailer over SMTP. `send` resolves when the server has accepted the letter, and throws a ServiceError otherwise
 * (`retryable` unless the server refused it for good, a 5xx). The subject is one line: breaks become spaces, and
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
  isServiceError(error) && error.retryable && /^(unreachable|421)/.test(error.code);

function inOurWords({ responseCode: status = 0, response = "", command, code }: SmtpError): MailError {
  const [, enhanced = ""] = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response) ?? [];
  // Without an answer and by our own word: an address that cannot be written to a server at all.
  const impossible = status === 0 && code === "EENVELOPE";
  const error = serviceError("mail", "the mail server did not take a letter", {
    retryable: status < 500 && !impossible,
    code: impossible ? "address" : [status || "unreachable", enhanced].filter(Boolean).join(" "),
  });
  return Object.assign(error, { mailboxGone: command === "RCPT TO" && isAboutMailbox(status, enhanced) });
}

/**
 * A refused recipient is a mailbox that is not there, unless the server says by its enhanced code (RFC 3463) that it
 * is full (5.2.2), that its own system or the way there is in trouble (5.3, 5.4), or that it wants nothing from us (5.7).
 */
const isAboutMailbox = (status: number, enhanced: string): boolean =>
  status >= 500 && status !== 552 && !/^5\.(2\.2|3\.|4\.|7\.)/.test(enhanced);
