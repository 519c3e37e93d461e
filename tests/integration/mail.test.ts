import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { emailAddress } from "#app/domain/text.ts";
import { createMailer } from "#app/services/mail.ts";
import { insertPeople } from "#tests/factories.ts";
import { grantMail } from "#worker/handlers/grant-mail.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

/** The lines of a letter's head, each whole. */
const headOf = (raw: string) =>
  raw
    .split("\r\n\r\n")[0]!
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n");
const namesIn = (raw: string) =>
  headOf(raw)
    .map((line) => line.split(":")[0]!.toLowerCase())
    .sort();

const breaks = { CRLF: "\r\n", LF: "\n", CR: "\r", "two of them": "\r\n\r\n", tabs: "\r\n\t", NUL: "\0\r\n" };
const others = { "a line separator": "\u2028", "a next line": "\u0085", "a vertical tab": "\v" };

it.each(Object.entries({ ...breaks, ...others }))(
  "a title with %s in it stays in its subject: no line of the head is the title's (ASVS 1.3.11)",
  async (_, lineBreak) => {
    const { mailer } = test.services;
    const before = test.letters.length;
    await mailer.send({ to: "ada@example.com", subject: "A title", text: "Hello" });
    const line = `${lineBreak}Bcc: them@example.com${lineBreak}Content-Type: text/html`;
    await mailer.send({ to: "ada@example.com", subject: `A title${line}`, text: "Hello" });
    const [plain, titled] = test.letters.slice(before);
    expect(titled!.to).toEqual(["ada@example.com"]);
    expect(namesIn(titled!.raw)).toEqual(namesIn(plain!.raw));
    expect(titled!.raw.split("\r\n\r\n")[1]).toBe(plain!.raw.split("\r\n\r\n")[1]);
  },
);

it("so does a name that came into the database with a line break in it (ASVS 1.3.11)", async () => {
  const { db } = test;
  const { people, grant, pass } = await insertPeople(db);
  const name = "A pass\r\nBcc: them@example.com\r\n\r\nGo to evil.example";
  await db.updateTable("access_passes").set({ name }).where("id", "=", pass.id).execute();
  await grantMail(test.services, { grantId: grant.id });
  const letters = test.letters.filter(({ to }) => to.includes(people.viewer.email));
  expect(letters).toHaveLength(1);
  expect(letters[0]!.to).toEqual([people.viewer.email]);
  expect(namesIn(letters[0]!.raw)).not.toContain("bcc");
  expect(test.letters.flatMap(({ to }) => to)).not.toContain("them@example.com");
});

it.each([
  "ada@example.com\r\nBcc: them@example.com",
  "ada@example.com\nthem@example.com",
  "ada@example.com, them@example.com",
  "ada@example.com;them@example.com",
  "ada@example.com them@example.com",
  '"them@example.com," <ada@example.com>',
])("%j is no address that we write to (ASVS 1.3.11)", (typed) => {
  expect(emailAddress.safeParse(typed).success).toBe(false);
});

it("a mail server has four connections of ours at most, and gets every letter all the same (ASVS 13.2.6)", async () => {
  let [open, mostOpen] = [0, 0];
  let letGo = () => {};
  const all = new Promise<void>((resolve) => (letGo = resolve));
  const received: string[] = [];
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    onConnect(_, done) {
      mostOpen = Math.max(mostOpen, ++open);
      done();
    },
    onClose: () => void (open -= 1),
    onData(stream, _, done) {
      void Promise.all([text(stream), all]).then(([raw]) => {
        received.push(raw);
        done();
      });
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  const mailer = createMailer({ url: `smtp://127.0.0.1:${port}`, from: "us@example.com" });
  const sent = Array.from({ length: 20 }, (_, index) =>
    mailer.send({ to: "ada@example.com", subject: `Letter ${index}`, text: "Hello" }),
  );
  await vi.waitFor(() => expect(open).toBe(4));
  letGo();
  await Promise.all(sent);
  expect(received).toHaveLength(20);
  expect(mostOpen).toBe(4);
  mailer.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});
