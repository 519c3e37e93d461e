import { sql } from "kysely";
import type { Fault } from "./fault.ts";
import { countMails, gatherAudience, lettersAbout, remind, untilSettled } from "./mail-tools.ts";
import { promise, until } from "./studio-tools.ts";

export const name = "F22";
export const title = "The mail server is away when reminders are due, for one stream until it is too late";

export const run: Fault["run"] = async (tools) => {
  const { edition, db, say } = tools;
  const back = await gatherAudience(db, { many: 20, startsAt: "30 minutes" });
  const late = await gatherAudience(db, { many: 20, startsAt: "30 minutes" });
  const over = await gatherAudience(db, { many: 20, startsAt: "30 minutes" });
  say("stopping the mail server, and reminders of three streams are due");
  await edition.part("mail").stop();
  for (const { stream } of [back, late, over]) await remind(db, stream.id);
  for (const { stream } of [back, late, over])
    await until(
      () => countMails(db, stream.id),
      (mails) => mails["reminder waits"] === 20,
      { seconds: 60, words: "all of them wait" },
    );
  // A quarter of an hour after the start, in fifteen seconds; the third goes live and ends meanwhile.
  await sql`
    update mailings set expires_at = clock_timestamp() + interval '15 seconds' where stream_id = ${late.stream.id}::uuid
  `.execute(db);
  await sql`
    update streams set status = 'ended', live_at = now(), ended_at = now(), ended_reason = 'host'
    where id = ${over.stream.id}::uuid`.execute(db);
  const dropped = await untilSettled(db, late.stream.id, 90);
  promise(
    dropped.mails["reminder skipped mail_server_away"] === 20,
    `what is too late is dropped, with the reason (${JSON.stringify(dropped.mails)})`,
  );
  say("starting it again");
  await edition.part("mail").start();
  const sent = await untilSettled(db, back.stream.id, 60);
  promise(sent.mails["reminder sent"] === 20, `the others are sent (${JSON.stringify(sent.mails)})`);
  const ended = await untilSettled(db, over.stream.id, 60);
  promise(
    ended.mails["reminder skipped ended"] === 20,
    `nothing of a stream that has ended (${JSON.stringify(ended.mails)})`,
  );
  const letters = {
    back: (await lettersAbout(tools, back.title)).length,
    late: (await lettersAbout(tools, late.title)).length,
    over: (await lettersAbout(tools, over.title)).length,
  };
  promise(
    letters.back === 20 && letters.late === 0 && letters.over === 0,
    `each once, and no other (${JSON.stringify(letters)})`,
  );
  return {
    did: "the mail server stopped while 60 reminders of three streams were due; one stream got too late, one ended, then it was started again",
    saw: `20 sent once each, ${sent.tookMs} ms after it was back; 20 dropped because the server was away until it was too late; 20 left out because their stream had ended`,
  };
};
