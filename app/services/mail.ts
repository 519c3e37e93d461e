import { createTransport } from "nodemailer";
import type { Config } from "#app/config.ts";
import { serviceError } from "./service-error.ts";

export type Letter = { to: string; subject: string; text: string; html?: string };
export type Mailer = { send(letter: Letter): Promise<void>; close(): void };

/**
 * A mailer over SMTP. `send` resolves when the server has accepted the letter, and throws a ServiceError otherwise
 * (`retryable` unless the server refused it for good, a 5xx). The subject is one line: breaks become spaces, and
 * nodemailer encodes what is not ASCII.
 */
export function createMailer({ url, from }: Config["mail"]): Mailer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 4,
    connectionTimeout: 10_000,
    socketTimeout: 20_000,
  } as never);
  return {
    async send({ to, subject, text, html }) {
      try {
        await transport.sendMail({
          from,
          to,
          subject: subject.replace(/[\r\n\t\0]+/g, " ").trim(),
          text,
          html,
        });
      } catch (error) {
        const status = (error as { responseCode?: number }).responseCode ?? 0;
        throw serviceError("mail", "the mail server did not take a letter", {
          retryable: status < 500,
          code: String(status || "unreachable"),
        });
      }
    },
    close: () => transport.close(),
  };
}
