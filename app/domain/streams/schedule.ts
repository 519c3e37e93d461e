import { type Kysely, sql, type Transaction } from "kysely";
import { findAccess } from "#app/domain/access/decision.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { ChatHours } from "#app/domain/chat/phase.ts";
import type { Plan } from "#app/domain/schedule/plan.ts";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import type { StreamStatus } from "#db/types.ts";
import { streamColumns, type StreamColumns } from "./columns.ts";
import { lockLease } from "./lease.ts";
import { streamMoves } from "./moves.ts";
import { findFreeSlug } from "./stream-slugs.ts";

type Trx = Transaction<Database>;

/** In the transaction that the caller has, or in one of its own. */
const within = <Result>(db: Db, run: (trx: Trx) => Promise<Result>): Promise<Result> =>
  db.isTransaction ? run(db as Trx) : db.transaction().execute(run);

/** What a creator says of a stream. */
export type StreamWords = { title: string; description: string; plan: Plan; chat: ChatHours };

/** The database's clock, by which a time is in the past. */
export async function findNow(db: Kysely<Database>): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return rows[0]!.now;
}

type Scheduling = StreamWords & {
  userId: string;
  spaceId: string;
  experienceId: string;
  /** The form's own key (uuid): the same press, sent twice, makes one stream. */
  formKey: string;
};

export type Scheduled =
  | { ok: true; stream: { id: string; slug: string }; already: boolean }
  /** `no_experience`: none of this space that this person may host in. `form_used`: this form made another stream before. */
  | { ok: false; reason: "no_experience" }
  | { ok: false; reason: "form_used"; stream: { id: string; title: string } };

/**
 * Schedules a stream in an experience of `spaceId`, by a host or an owner of that space. Its address comes from the
 * title and stays. The same form sent again finds the stream that it made (`already`), unless it says something else by
 * now (somebody went back and scheduled another): then it is refused, and a form with another key makes a second one.
 */
export async function insertStream(db: Db, scheduling: Scheduling): Promise<Scheduled> {
  const { userId, spaceId, experienceId, formKey, title, description, plan, chat } = scheduling;
  // Locked as they are read: whoever retires them, or takes the right away, is waited for, and so is this.
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const slug = await findFreeSlug(db, { experienceId, title });
    const { rows } = await sql<{ id: string; slug: string }>`
      insert into streams (
        experience_id, slug, title, description, starts_at, wall_time, time_zone, length_minutes, created_by, form_key,
        chat_before, chat_after_minutes
      )
      select e.id, ${slug}, ${title}, ${description}, ${plan.startsAt}, ${plan.wallTime}, ${plan.timeZone},
        ${plan.lengthMinutes}, m.user_id, ${formKey}::uuid,
        ${chat.before}::stream_chat_before, ${chat.afterMinutes}::integer
      from experiences e
      join spaces s on s.id = e.space_id and s.retired_at is null
      join space_members m on m.space_id = s.id and m.user_id = ${userId}::uuid and m.role in ('owner', 'host')
      where e.id = ${experienceId}::uuid and e.space_id = ${spaceId}::uuid and e.retired_at is null
      for share of e, s, m
      on conflict do nothing
      returning id, slug
    `.execute(db);
    if (rows[0]) return { ok: true, stream: rows[0], already: false };
    const made = await findMade(db, { userId, formKey });
    if (made) {
      const same = made.experienceId === experienceId && isSame(made, scheduling);
      if (same) return { ok: true, stream: { id: made.id, slug: made.slug }, already: true };
      return { ok: false, reason: "form_used", stream: { id: made.id, title: made.title } };
    }
    if (!(await isTaken(db, { experienceId, slug }))) return { ok: false, reason: "no_experience" };
  }
  throw new Error("no free slug after 100 tries");
}

const findMade = (db: Db, { userId, formKey }: { userId: string; formKey: string }) =>
  savedWords(db)
    .select(["s.slug", "s.experience_id as experienceId"])
    .where("s.created_by", "=", userId)
    .where("s.form_key", "=", formKey)
    .executeTakeFirst();

/** Whether another took this slug a moment before us. */
async function isTaken(db: Db, { experienceId, slug }: { experienceId: string; slug: string }) {
  const row = await db
    .selectFrom("streams")
    .select("id")
    .where("experience_id", "=", experienceId)
    .where("slug", "=", slug)
    .executeTakeFirst();
  return row !== undefined;
}

/** What is saved of a stream, as its next editor has to know it. */
export type SavedWords = StreamColumns & {
  /** Who saved it last, or null when nobody has edited it. */
  editedBy: string | null;
};

const savedWords = (db: Kysely<Database>) =>
  db
    .selectFrom("streams as s")
    .leftJoin("users as u", "u.id", "s.edited_by")
    .select(streamColumns)
    .select(sql<string | null>`coalesce(nullif(u.name, ''), u.email)`.as("editedBy"));

const isSame = (saved: Omit<SavedWords, "editedBy">, { title, description, plan, chat }: StreamWords) =>
  saved.title === title &&
  saved.description === description &&
  saved.startsAt.getTime() === plan.startsAt.getTime() &&
  saved.wallTime === plan.wallTime &&
  saved.timeZone === plan.timeZone &&
  saved.lengthMinutes === plan.lengthMinutes &&
  saved.chatBefore === chat.before &&
  saved.chatAfterMinutes === chat.afterMinutes;

type Edit = StreamWords & {
  streamId: string;
  userId: string;
  /** `editVersion` as the editor read it. */ version: number;
};

export type Updated =
  /** `rescheduled`: it starts at another instant, and has a new `schedule_version`. */
  | { ok: true; changed: boolean; rescheduled: boolean }
  | { ok: false; reason: "not_found" | "not_host" }
  /** It is live, ended or cancelled by now. */
  | { ok: false; reason: "closed"; status: StreamStatus }
  /** Somebody saved something else since `version` was read. */
  | { ok: false; reason: "saved_before"; saved: SavedWords };

/**
 * Changes what a stream says and when it starts, by a host or an owner, while it is scheduled or in rehearsal. Of two
 * editors who began with the same edition the second is refused with what the first saved. Saving what is there
 * already changes nothing, so a second press does no harm. Only another instant raises `schedule_version`. Called with a
 * transaction, it is a part of that.
 */
export async function updateSchedule(db: Db, edit: Edit): Promise<Updated> {
  const { streamId, userId, version, title, description, plan, chat } = edit;
  return within(db, async (trx): Promise<Updated> => {
    const access = await findAccess(trx, { streamId, userId });
    if (!access?.mayModerate) return { ok: false, reason: "not_found" };
    if (!access.mayHost) return { ok: false, reason: "not_host" };
    // Locked first and read afterwards: what is joined to a row that one had to wait for is as old as the wait.
    await trx.selectFrom("streams").select("id").where("id", "=", streamId).forNoKeyUpdate().execute();
    const saved = await savedWords(trx).where("s.id", "=", streamId).executeTakeFirstOrThrow();
    if (!isOpen(saved.status)) return { ok: false, reason: "closed", status: saved.status };
    if (isSame(saved, edit)) return { ok: true, changed: false, rescheduled: false };
    if (saved.editVersion !== version) return { ok: false, reason: "saved_before", saved };
    const { schedule_version: now, before } = await trx
      .updateTable("streams")
      .set({
        title,
        description,
        starts_at: plan.startsAt,
        wall_time: plan.wallTime,
        time_zone: plan.timeZone,
        length_minutes: plan.lengthMinutes,
        chat_before: chat.before,
        chat_after_minutes: chat.afterMinutes,
        schedule_version: sql<number>`schedule_version + (starts_at <> ${plan.startsAt})::int`,
        edit_version: sql<number>`edit_version + 1`,
        edited_by: userId,
        updated_at: sql`now()`,
      })
      .where("id", "=", streamId)
      .where("status", "in", openStatuses)
      .where("edit_version", "=", version)
      .returning(["schedule_version", sql<number>`old.schedule_version`.as("before")])
      .executeTakeFirstOrThrow();
    await notifyChange(trx, { kind: "stream", streamId });
    return { ok: true, changed: true, rescheduled: now !== before };
  });
}

/** In which a stream's words and times may still change. */
const openStatuses = streamMoves.cancel.from;
export const isOpen = (status: StreamStatus) => (openStatuses as readonly StreamStatus[]).includes(status);

export type Cancelled =
  | { ok: true; already: boolean }
  | { ok: false; reason: "not_found" | "not_host" }
  /** It went live, or has ended. */
  | { ok: false; reason: "closed"; status: StreamStatus };

/**
 * Cancels a stream before it has begun, by a host or an owner: one guarded move. Whoever is in its rehearsal is shown
 * out by a job of the same transaction. Cancelled already: nothing more happens. Against going live exactly one wins. Called
 * with a transaction, it is a part of that.
 */
export async function cancelStream(
  db: Db,
  queue: Queue,
  { streamId, userId }: { streamId: string; userId: string },
): Promise<Cancelled> {
  return within(db, async (trx): Promise<Cancelled> => {
    const access = await findAccess(trx, { streamId, userId });
    if (!access?.mayModerate) return { ok: false, reason: "not_found" };
    if (!access.mayHost) return { ok: false, reason: "not_host" };
    await lockLease(trx, { streamId });
    if (await moveToCancelled(trx, queue, streamId)) return { ok: true, already: false };
    const { status } = await trx
      .selectFrom("streams")
      .select("status")
      .where("id", "=", streamId)
      .executeTakeFirstOrThrow();
    return status === "cancelled" ? { ok: true, already: true } : { ok: false, reason: "closed", status };
  });
}

async function moveToCancelled(trx: Trx, queue: Queue, streamId: string): Promise<boolean> {
  const moved = await trx
    .updateTable("streams")
    .set({
      status: streamMoves.cancel.to,
      cancelled_at: sql`clock_timestamp()`,
      edit_version: sql<number>`edit_version + 1`,
      updated_at: sql`now()`,
    })
    .where("id", "=", streamId)
    .where("status", "in", streamMoves.cancel.from)
    .returning("rehearsal_at")
    .executeTakeFirst();
  if (!moved) return false;
  await trx.deleteFrom("stream_host_leases").where("stream_id", "=", streamId).execute();
  // Also without a rehearsal: a host who was just about to begin one may have opened the room.
  await enqueue(trx, queue, "stream.close-room", { streamId });
  await enqueue(trx, queue, "mail.wake", {});
  await notifyChange(trx, { kind: "stream", streamId });
  return true;
}
