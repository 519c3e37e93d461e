import { sql } from "kysely";
import type { Fault } from "./fault.ts";
import { type Audience, countMails, gatherAudience, lettersAbout } from "./mail-tools.ts";
import { promise, until } from "./studio-tools.ts";

export const name = "F36";
export const title =
  "A stream is cancelled, deleted, live or over at the moment at which its reminders are due";

const many = 20;

export const run: Fault["run"] = async (tools) => {
  const { db, say } = tools;
  const gather = () => gatherAudience(db, { many, startsAt: "30 minutes" });
  const [cancelled, deleted, live, ended] = [await gather(), await gather(), await gather(), await gather()];
  say("each changes, and its reminders are due in the same moment");
  const become = async ({ stream }: Audience, change: ReturnType<typeof sql>) =>
    db.transaction().execute(async (trx) => {
      await change.execute(trx);
      await sql`
        update mailings set due_at = clock_timestamp()
        where stream_id = ${stream.id}::uuid and kind = 'reminder' and minutes_before = 10`.execute(trx);
      if (stream.id === deleted.stream.id)
        await trx.deleteFrom("streams").where("id", "=", stream.id).execute();
    });
  const id = ({ stream }: Audience) => stream.id;
  await become(
    cancelled,
    sql`update streams set status = 'cancelled', cancelled_at = now() where id = ${id(cancelled)}::uuid`,
  );
  await become(deleted, sql`select 1`);
  await become(live, sql`update streams set status = 'live', live_at = now() where id = ${id(live)}::uuid`);
  await become(
    ended,
    sql`update streams set status = 'ended', live_at = now(), ended_at = now(), ended_reason = 'host'
      where id = ${id(ended)}::uuid`,
  );
  const settle = (audience: Audience, what: string) =>
    until(
      () => countMails(db, id(audience)),
      (mails) => mails[what] === many,
      { seconds: 60, words: what },
    );
  await settle(cancelled, "reminder skipped cancelled");
  await settle(cancelled, "cancelled sent");
  await settle(live, "reminder skipped live");
  await settle(ended, "reminder skipped ended");
  const subjects = async ({ title: about }: Audience) =>
    (await lettersAbout(tools, about)).map(({ subject }) => subject.replace(/:.*/, ""));
  const told = await subjects(cancelled);
  promise(
    told.length === many && told.every((subject) => subject === "Cancelled"),
    `who was coming is told once that it is cancelled (${told.length})`,
  );
  for (const audience of [live, ended, deleted]) {
    const letters = await subjects(audience);
    promise(letters.length === 0, `nothing of the others (${letters.join(", ")})`);
  }
  await db
    .updateTable("streams")
    .set({ status: "ended", ended_at: new Date(), ended_reason: "host", host_absent_since: null })
    .where("id", "=", id(live))
    .execute();
  return {
    did: "four streams with 20 people each: cancelled, deleted, live and ended in the moment in which their reminders were due",
    saw: "no reminder of any; who was coming to the cancelled one got one mail that says so",
  };
};
