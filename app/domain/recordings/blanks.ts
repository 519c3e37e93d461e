import { type Kysely, sql } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Published, Sending } from "#app/services/livekit.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Database } from "#db/client.ts";
import type { Attempt } from "./attempts.ts";

type BlankServices = Pick<Services, "db" | "livekit">;
export type BlankKind = "black" | "silent";

/** Nothing to be seen or heard for so long is told to the host. */
export const blankMs = 60_000;
/** Segments of two seconds in a good minute. */
const rowsBack = 45;

type Looked = { black: boolean | null; silent: boolean | null; since: Date; until: Date };

/**
 * Tells the host when there has been nothing to be seen or heard in what is recorded for a minute although something is being
 * sent, and takes it back when there is something again. What is not sent at all, as the sound of somebody who shows a screen
 * alone, is their choice and no alarm; what is sent and switched off is told as that. Where LiveKit does not say what is sent,
 * nothing is told until it does.
 */
export async function followBlanks(services: BlankServices, attempt: Attempt): Promise<void> {
  const [looked, open] = await Promise.all([listLooked(services, attempt), listOpen(services.db, attempt)]);
  let sent: Promise<Published | undefined> | undefined;
  const published = async (kind: BlankKind): Promise<Sending | undefined> => {
    sent ??= services.livekit.findPublished(attempt.streamId).catch((error: unknown) => {
      if (!isServiceError(error)) throw error;
      return undefined;
    });
    const told = await sent;
    return kind === "black" ? told?.picture : told?.sound;
  };
  for (const kind of ["black", "silent"] as const) {
    const run = newestRun(looked, kind);
    const isOpen = open.has(kind);
    if (!run) {
      const again = looked.find((each) => each[kind] === false);
      if (isOpen && again) await close(services, attempt, { kind, until: again.since });
      continue;
    }
    if (!isOpen && run.until.getTime() - run.since.getTime() < blankMs) continue;
    const sending = await published(kind);
    if (sending === "none") {
      if (isOpen) await close(services, attempt, { kind, until: run.until });
    } else if (sending) await tell(services, attempt, { kind, since: run.since, published: sending });
  }
}

/** What was looked at of the last minute and a half, newest first. */
async function listLooked({ db }: BlankServices, { id: attemptId }: Attempt): Promise<Looked[]> {
  const rows = await db
    .selectFrom("streaming_recording_segments")
    .select(["black", "silent", "program_time", "duration_ticks"])
    .where("attempt_id", "=", attemptId)
    .where("problem", "is", null)
    .where("program_time", "is not", null)
    .orderBy("number", "desc")
    .limit(rowsBack)
    .execute();
  return rows.map(({ black, silent, program_time: time, duration_ticks: ticks }) => ({
    black,
    silent,
    since: time!,
    until: new Date(time!.getTime() + ticks / 90),
  }));
}

async function listOpen(db: BlankServices["db"], { recordingId }: Attempt): Promise<Set<string>> {
  const rows = await db
    .selectFrom("streaming_recording_blanks")
    .select("kind")
    .where("recording_id", "=", recordingId)
    .where("until", "is", null)
    .execute();
  return new Set(rows.map(({ kind }) => kind));
}

/** How long nothing was to be seen or heard up to now; undefined when there was something last, or nothing is known. */
function newestRun(looked: readonly Looked[], kind: BlankKind): { since: Date; until: Date } | undefined {
  let run: { since: Date; until: Date } | undefined;
  for (const each of looked) {
    if (each[kind] === false) break;
    if (each[kind]) run = { since: each.since, until: run?.until ?? each.until };
  }
  return run;
}

async function tell(
  { db }: BlankServices,
  { recordingId, streamId }: Attempt,
  { kind, since, published }: { kind: BlankKind; since: Date; published: Exclude<Sending, "none"> },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const told = await trx
      .insertInto("streaming_recording_blanks")
      .values({ recording_id: recordingId, kind, since, published })
      .onConflict((conflict) =>
        conflict
          .columns(["recording_id", "kind"])
          .where("until", "is", null)
          .doUpdateSet({ published })
          .where("streaming_recording_blanks.published", "!=", published),
      )
      .returning("kind")
      .executeTakeFirst();
    if (told) await notifyChange(trx, { kind: "stream", streamId });
  });
}

async function close(
  { db }: BlankServices,
  { recordingId, streamId }: Attempt,
  { kind, until }: { kind: BlankKind; until: Date },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const closed = await trx
      .updateTable("streaming_recording_blanks")
      .set({ until: sql<Date>`greatest(since, ${until}::timestamptz)` })
      .where("recording_id", "=", recordingId)
      .where("kind", "=", kind)
      .where("until", "is", null)
      .returning("kind")
      .executeTakeFirst();
    if (closed) await notifyChange(trx, { kind: "stream", streamId });
  });
}

/** What still went on when a recording ended went on to its end. */
export async function closeBlanks(
  trx: Kysely<Database>,
  { recordingId, until }: { recordingId: string; until: Date },
): Promise<void> {
  await trx
    .updateTable("streaming_recording_blanks")
    .set({ until: sql<Date>`greatest(since, ${until}::timestamptz)` })
    .where("recording_id", "=", recordingId)
    .where("until", "is", null)
    .execute();
}
