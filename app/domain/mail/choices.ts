import { isDeepStrictEqual } from "node:util";
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

/** What everybody begins with. */
const usual: Choices = {
  ...{ reminderMinutes: null, live: false, newStreams: "daily", stopped: [], allStopped: false },
};

/**
 * Which choices these are, told by what they say: the row has more than one writer, and not every one of them changes what
 * its person chose.
 */
const versionOf = (row: { minutes: unknown; live: unknown; news: unknown; stopped: unknown; all: unknown }) =>
  sql<string>`md5(row(
    ${row.minutes}::integer[], ${row.live}::boolean, ${row.news}::text, ${row.stopped}::text[], ${row.all}::boolean
  )::text)`;
const usualVersion = versionOf({ minutes: null, live: false, news: "daily", stopped: [], all: false });
const savedVersion = versionOf({
  ...{ minutes: sql`ch.reminder_minutes`, live: sql`ch.live`, news: sql`ch.new_streams` },
  ...{ stopped: sql`ch.stopped`, all: sql`ch.all_stopped_at is not null` },
});

/** The choices of a person; of somebody who chose nothing those that everybody begins with. */
export const findChoices = async (db: Db, personId: string): Promise<Choices> =>
  (await findSavedChoices(db, personId)).choices;

/** The same with their `version`: whoever changes them on a page says which ones stood there. */
export async function findSavedChoices(
  db: Db,
  personId: string,
): Promise<{ choices: Choices; version: string }> {
  const { rows } = await sql<{ saved: Choices | null; version: string }>`
    select case when ch.person_id is not null then json_build_object(
        'reminderMinutes', ch.reminder_minutes, 'live', ch.live, 'newStreams', ch.new_streams,
        'stopped', ch.stopped, 'allStopped', ch.all_stopped_at is not null
      ) end as saved,
      case when ch.person_id is not null then ${savedVersion} else ${usualVersion} end as version
    from (select ${personId}::uuid as id) p left join mail_choices ch on ch.person_id = p.id
  `.execute(db);
  const { saved, version } = rows[0]!;
  if (!saved) return { choices: usual, version };
  const stopped = mailChoices.filter((choice) => saved.stopped.includes(choice));
  return {
    choices: { ...saved, newStreams: saved.newStreams === "each" ? "each" : "daily", stopped },
    version,
  };
}

/**
 * Writes what somebody chose, whole. What is due before it is written goes by what they had chosen before. With `version` only
 * over the choices that it is of: a page that was opened before a mail was stopped does not bring it back. What is saved
 * already is no conflict.
 */
export async function updateChoices(
  db: Db,
  personId: string,
  choices: Choices,
  version: string | null = null,
): Promise<{ ok: true } | { ok: false; reason: "changed_before"; saved: Choices; version: string }> {
  const minutes = choices.reminderMinutes && onlyKnown(choices.reminderMinutes);
  const stopped = mailChoices.filter((choice) => choices.stopped.includes(choice));
  const { live, newStreams, allStopped } = choices;
  const { rows } = await sql`
    insert into mail_choices as ch (person_id, reminder_minutes, live, new_streams, stopped, all_stopped_at)
    select ${personId}::uuid, ${minutes}::integer[], ${live}, ${newStreams}, ${stopped}::text[],
      case when ${allStopped}::boolean then clock_timestamp() end
    where ${version}::text is null or ${version}::text = ${usualVersion}
      or exists (select from mail_choices where person_id = ${personId}::uuid)
    on conflict (person_id) do update set reminder_minutes = excluded.reminder_minutes, live = excluded.live,
      new_streams = excluded.new_streams, stopped = excluded.stopped,
      all_stopped_at = case when ${allStopped}::boolean then coalesce(ch.all_stopped_at, excluded.all_stopped_at) end,
      changed_at = clock_timestamp()
      where ${version}::text is null or ${version}::text = ${savedVersion}
    returning 1
  `.execute(db);
  if (rows.length > 0) return { ok: true };
  const now = await findSavedChoices(db, personId);
  const same = isDeepStrictEqual(now.choices, {
    reminderMinutes: minutes,
    live,
    newStreams,
    stopped,
    allStopped,
  });
  return same
    ? { ok: true }
    : { ok: false, reason: "changed_before", saved: now.choices, version: now.version };
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
