import { setTimeout as wait } from "node:timers/promises";
import type { Config } from "#app/config.ts";
import type { Mailer } from "#app/services/mail.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Db } from "#db/client.ts";
import { linkCode } from "../people/link-codes.ts";
import { markMailFailed } from "../people/sign-in-codes.ts";
import { signInLetter } from "./sign-in.ts";

type Services = { db: Db; mailer: Mailer; config: Config };
type Sent = { codeId: string; email: string; code: string };

/**
 * Sends the letter with a code. It is no job, because the code is stored nowhere that a job could read it: what fails
 * three times is told on the page that waits for the code, and thrown.
 */
export async function sendSignInLetter(
  { db, mailer, config }: Services,
  { codeId, email, code }: Sent,
): Promise<void> {
  const mail = linkCode(config.sessionSecrets, "sign-in-mail", codeId);
  const letter = {
    to: email,
    ...signInLetter({ code, link: `${config.publicUrl}/sign-in/code?mail=${mail}` }),
  };
  for (const pause of [500, 2000, undefined]) {
    try {
      return await mailer.send(letter);
    } catch (error) {
      if (pause === undefined || !isServiceError(error) || !error.retryable) {
        await markMailFailed(db, codeId);
        throw error;
      }
      await wait(pause);
    }
  }
}
