import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMailer, isMailboxGone, isServerAway } from "#app/services/mail.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { type SmtpScript, startScriptedSmtp } from "#tests/scripted-smtp.ts";

const script: SmtpScript = {};
let server: Awaited<ReturnType<typeof startScriptedSmtp>>;
beforeAll(async () => {
  server = await startScriptedSmtp(script);
});
afterAll(() => server.close());

/** What we make of a server that answers so. */
async function refusedBy(said: SmtpScript) {
  Object.assign(script, { greeting: undefined, auth: undefined, mailFrom: undefined, rcptTo: undefined });
  Object.assign(script, { data: undefined }, said);
  const mailer = createMailer({ url: server.url, from: "us@example.com" });
  const error: unknown = await mailer
    .send({ to: "ada@user.example", subject: "A title", text: "Hello" })
    .then(() => undefined)
    .catch((thrown: unknown) => thrown);
  mailer.close();
  if (!isServiceError(error)) throw new Error("it was not refused", { cause: error });
  const { code, retryable } = error;
  return { code, retryable, gone: isMailboxGone(error), away: isServerAway(error) };
}

describe("a recipient that is refused", () => {
  it.each([
    "550 5.1.1 <ada@user.example>: No such user here",
    "550-5.1.1 The email account that you tried to reach does not exist.\r\n550 5.1.1 Please try again",
    "550 5.1.2 Host unknown",
    "553 5.1.3 Bad recipient address syntax",
    "551 5.1.6 User has moved, no forwarding address",
    "556 5.1.10 Domain takes no mail",
    "550 5.2.1 Mailbox switched off",
    "550 No such user here",
    "550 <ada@user.example>: User unknown",
    "550 Requested action not taken: mailbox unavailable",
    "550 Invalid recipient <ada@spam.example>",
    "550 Mailbox doesn't exist",
  ])("with %j is a mailbox that is gone", async (said) => {
    expect(await refusedBy({ rcptTo: () => said })).toMatchObject({
      ...{ gone: true, retryable: false, away: false },
    });
  });

  it.each([
    "550 Relaying denied",
    "550 Relaying denied for this user",
    "550 <ada@user.example> refused",
    "550 Mailbox full",
    "550 Sender address unknown",
    "550 Your account is not known here",
    "550 Blocked, see https://blocked.example/?user",
    "550 5.7.1 Blocked",
    "550 5.7.1 No such user, or relaying denied",
    "553 5.7.1 Sender is not owned by user",
    "550 5.1.7 Bad sender's address syntax",
    "553 5.1.8 Bad sender's system address",
    "550 5.4.1 Recipient address rejected: Access denied",
    "552 5.2.2 Mailbox full",
    "552 5.1.1 No such user",
    "554 5.1.1 No such user",
    "551 User not local",
    "554 blocked",
    "554 No such user",
    "530 Authentication required",
    "503 5.5.1 Bad sequence of commands",
    "521 This host takes no mail",
  ])("with %j is that letter alone: its mailbox is still there", async (said) => {
    expect(await refusedBy({ rcptTo: () => said })).toMatchObject({
      ...{ gone: false, retryable: false, away: false },
    });
  });

  it.each(["450 4.2.0 Try later", "451 4.7.1 Greylisted", "452 4.2.2 Mailbox full"])(
    "with %j is tried again",
    async (said) => {
      expect(await refusedBy({ rcptTo: () => said })).toMatchObject({
        ...{ gone: false, retryable: true, away: false },
      });
    },
  );
});

describe("a server that wants nothing from us", () => {
  it.each<[string, SmtpScript]>([
    ["a greeting", { greeting: "554 5.3.2 No service here" }],
    ["a greeting that is put off", { greeting: "421 4.3.2 Come again" }],
    ["our password", { auth: "535 5.7.8 Credentials invalid" }],
    ["our password for now", { auth: "454 4.7.0 Temporary failure" }],
    ["our account, which rests", { mailFrom: "550 5.7.1 Account paused" }],
    ["our quota", { mailFrom: "552 5.2.2 Daily quota is used up" }],
    ["our quota, put off", { mailFrom: "451 4.7.1 Too many letters in this hour" }],
    ["a recipient, and goes", { rcptTo: () => "421 4.4.2 Closing" }],
    ["a letter's text, and goes", { data: "421 4.4.2 Closing" }],
  ])("at %s is away, whatever number it says: the letter is tried again", async (_, said) => {
    expect(await refusedBy(said)).toMatchObject({ gone: false, retryable: true, away: true });
  });

  it("and is not there is away as well", async () => {
    const mailer = createMailer({ url: "smtp://127.0.0.1:9", from: "us@example.com" });
    const error: unknown = await mailer
      .send({ to: "ada@user.example", subject: "A title", text: "Hello" })
      .catch((thrown: unknown) => thrown);
    mailer.close();
    expect([isServerAway(error), isMailboxGone(error)]).toEqual([true, false]);
    expect(error).toMatchObject({ code: "unreachable", retryable: true });
  });
});

it("a letter whose text is refused for good is not tried again, and keeps no other waiting", async () => {
  expect(await refusedBy({ data: "554 5.7.1 It looks like spam: no such user" })).toEqual({
    ...{ code: "554 5.7.1", gone: false, retryable: false, away: false },
  });
});
