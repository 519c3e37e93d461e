import { updateSchedule } from "#app/domain/streams/schedule.ts";
import type { Fault } from "./fault.ts";
import { countMails, gatherAudience, lettersAbout, mailingsOf, remind } from "./mail-tools.ts";
import { streamRow, promise, until } from "./studio-tools.ts";

export const name = "F35";
export const title = "A stream is moved after its reminders were planned, and again at once";

export const run: Fault["run"] = async (tools) => {
  const { db, say } = tools;
  const { stream, title: about, people, owner } = await gatherAudience(db, { many: 20, startsAt: "2 days" });
  const move = async (days: number) => {
    const row = await streamRow(tools, stream.id);
    const moved = await updateSchedule(db, {
      ...{ streamId: stream.id, userId: owner.id, version: row.edit_version },
      ...{ title: row.title, description: row.description },
      chat: { before: row.chat_before, afterMinutes: row.chat_after_minutes },
      plan: {
        startsAt: new Date(Date.now() + days * 86_400_000),
        ...{ wallTime: row.wall_time, timeZone: row.time_zone, lengthMinutes: row.length_minutes },
      },
    });
    promise(moved.ok && moved.rescheduled, "it is moved");
  };
  say("moving it twice, and what was planned for its first time becomes due");
  const before = await mailingsOf(db, stream.id, "reminder");
  await move(4);
  await move(3);
  await db.updateTable("mailings").set({ due_at: new Date() }).where("id", "in", before).execute();
  const { value: mails } = await until(
    () => countMails(db, stream.id),
    (all) => all["moved sent"] === people.length && (all["reminder skipped moved"] ?? 0) >= people.length,
    { seconds: 90, words: "all are told, and no old reminder is sent" },
  );
  const letters = await lettersAbout(tools, about);
  promise(
    letters.length === people.length && letters.every(({ subject }) => subject.startsWith("Moved to")),
    `each was told once (${letters.length} letters, ${JSON.stringify(mails)})`,
  );
  promise(
    letters.every(
      ({ text = "" }) => text.includes("It now starts") && text.includes("Before, it was to start"),
    ),
    "with both times",
  );
  await remind(db, stream.id);
  await until(
    () => countMails(db, stream.id),
    (all) => all["reminder sent"] === people.length,
    { seconds: 60, words: "the reminders of the new time are sent" },
  );
  promise((await lettersAbout(tools, about)).length === 2 * people.length, "once each");
  return {
    did: `a stream with ${people.length} people moved twice at once after its reminders were planned; the old ones became due, then the new ones`,
    saw: `each was told once, with both times; ${mails["reminder skipped moved"]} old reminders left out, the new ones sent once each`,
  };
};
