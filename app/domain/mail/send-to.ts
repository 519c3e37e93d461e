import type { Services } from "#app/context.ts";
import { isMailboxGone, type Letter } from "#app/services/mail.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { noteFailures } from "./failures.ts";

export type Sending = Pick<Services, "db" | "mailer" | "log">;

/**
 * Hands over a job's letter to one address. True when the mail server took it; false when it refused it for good, and then
 * the job is done: nothing that is tried again would arrive. Of a mailbox that is not there it is noted, so that nothing
 * more is sent there and whoever it concerns reads why; anything else is logged, with the job's `ids`. Throws the mailer's
 * ServiceError where another try may do, which is the job's.
 */
export async function sendTo(
  { db, mailer, log }: Sending,
  letter: Letter & { to: string },
  ids: Record<string, string>,
): Promise<boolean> {
  try {
    await mailer.send(letter);
    return true;
  } catch (error) {
    if (!isServiceError(error) || error.retryable) throw error;
    if (isMailboxGone(error)) await noteFailures(db, [{ address: letter.to, code: error.code }], "smtp");
    else log.error({ err: error, ...ids }, "a letter was refused for good");
    return false;
  }
}
