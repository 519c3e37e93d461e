import { randomUUID } from "node:crypto";
import { createTransport } from "nodemailer";
import { renderSample } from "#local/mails/samples.ts";

/*
 * Nodemailer alone, with the pool that ours has: sends so many letters of the same words as fast as it can, and prints how many
 * milliseconds that took. Arguments: the port of SMTP, how many.
 */

const [port, many] = process.argv.slice(2).map(Number);
const transport = createTransport({
  host: "127.0.0.1",
  port,
  pool: true,
  maxConnections: 4,
  secure: false,
} as never);
const { subject, html, text } = (await renderSample("reminder"))!;
let left = many!;
const begun = performance.now();
const work = async () => {
  while (left-- > 0)
    await transport.sendMail({
      from: "hello@frontrow.example",
      to: { name: "", address: `person-${left}@example.com` },
      subject,
      html,
      text,
      messageId: `<${randomUUID()}@frontrow.example>`,
      headers: {
        "List-Unsubscribe": "<https://frontrow.example/mail/unsubscribe/reminder/a-code>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      },
    });
};
await Promise.all(Array.from({ length: 16 }, work));
console.log(performance.now() - begun);
transport.close();
