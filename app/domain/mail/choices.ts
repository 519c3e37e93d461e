import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { type MailChoice, mailChoices, reminderMinutes } from "./kinds.ts";

/** What somebody wants to get by mail. */
export type Choices = {
  /** Minutes before a start; null: as each stream's host chose. */
  reminderMinutes: number[] | null;
  live: boolean;
  newStreams: "daily" | "each";
  stopped: MailChoice[];
  allStopped: boolean;
};

/** The choices of a person; of somebody who chose nothing those that everybody begins with. */
export async function findChoices(db: Db, personId: string): Promise<Choices> {
  const row = await db
    .selectFrom("mail_choices")
    .selectAll()
    .where("person_id", "=", personId)
    .executeTakeFirst();
  if (!row)
    return { reminderMinutes: null, live: false, newStreams: "daily", stopped: [], allStopped: false };
  return {
    reminderMinutes: row.reminder_minutes,
    live: row.live,
    newStreams: row.new_streams === "each" ? "each" : "daily",
    stopped: mailChoices.filter((choice) => row.stopped.includes(choice)),
    allStopped: row.all_stopped_at !== null,
  };
}

/** Writes what somebody chose, whole. What is due before it is written goes by what they had chosen before. */
export async function updateChoices(db: Db, personId: string, choices: Choices): Promise<void> {
  const minutes = choices.reminderMinutes && onlyKnown(choices.reminderMinutes);
  const { live, newStreams, stopped, allStopped } = choices;
  await sql`
    insert into mail_choices as ch (person_id, reminder_minutes, live, new_streams, stopped, all_stopped_at)
    values (${personId}::uuid, ${minutes}::integer[], ${live}, ${newStreams}, ${[...stopped]}::text[],
      case when ${allStopped}::boolean then clock_timestamp() end)
    on conflict (person_id) do update set reminder_minutes = excluded.reminder_minutes, live = excluded.live,
      new_streams = excluded.new_streams, stopped = excluded.stopped,
      all_stopped_at = case when ${allStopped}::boolean then coalesce(ch.all_stopped_at, excluded.all_stopped_at) end,
      changed_at = clock_timestamp()
  `.execute(db);
}

/** When people who chose nothing else are reminded of a stream; null: the usual times. By its host. */
export async function updateStreamReminders(
  db: Db,
  streamId: string,
  minutes: number[] | null,
): Promise<void> {
  await db
    .updateTable("streams")
    .set({ reminder_minutes: minutes && onlyKnown(minutes) })
    .where("id", "=", streamId)
    .execute();
}

/** The times that there are, each once, the longest before first. */
const onlyKnown = (minutes: number[]): number[] => reminderMinutes.filter((known) => minutes.includes(known));
