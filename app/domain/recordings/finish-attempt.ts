import type { Transaction } from "kysely";
import type { Services } from "#app/context.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Database } from "#db/client.ts";
import { type Attempt, sealAttempt } from "./attempts.ts";
import { isNotConfigured, type StoreServices } from "./stores.ts";
import { verifySegments } from "./verify.ts";

type FinishServices = Pick<Services, "db" | "log"> & StoreServices;

/**
 * The step of one attempt: everything it has is verified, and nothing that comes later counts. `leaveOut`: the stream has been
 * over for so long that what is not to be had is done without, also all that the store beside has while that is away. Safe to
 * run twice. Rejects while something may still be had.
 */
export async function finishAttempt(
  services: FinishServices,
  attempt: Attempt,
  { leaveOut }: { leaveOut: boolean },
): Promise<void> {
  const { db, log } = services;
  const { recordingId } = attempt;
  const step = `attempt ${attempt.number}`;
  const done = await db
    .selectFrom("streaming_recording_steps")
    .select("done_at")
    .where("recording_id", "=", recordingId)
    .where("step", "=", step)
    .executeTakeFirst();
  if (done) return;
  let isWhole = true;
  try {
    await verifySegments(services, attempt, { whole: true, leaveOut });
  } catch (error) {
    if (!leaveOut || attempt.store === "main") throw error;
    if (!isServiceError(error) || isNotConfigured(error)) throw error;
    isWhole = false;
    log.error(
      { err: error, recordingId, attemptId: attempt.id },
      "a recording goes on without the store beside",
    );
  }
  await db.transaction().execute(async (trx) => {
    await sealAttempt(trx, attempt.id);
    if (!isWhole) await noteUnread(trx, attempt.id);
    await trx
      .insertInto("streaming_recording_steps")
      .values({ recording_id: recordingId, step })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
}

/** Its receipt tells. */
async function noteUnread(trx: Transaction<Database>, attemptId: string): Promise<void> {
  await trx
    .updateTable("streaming_recording_attempts")
    .set({ reason: "the last of what it wrote could not be read" })
    .where("id", "=", attemptId)
    .where("reason", "=", "")
    .execute();
}
