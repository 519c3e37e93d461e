import type { Services } from "#app/context.ts";
import { sendRequestLetter } from "#app/domain/passes/letters.ts";
import type { JobPayload } from "#app/jobs/catalog.ts";

export async function passRequestMail(
  { db, mailer, config }: Pick<Services, "db" | "mailer" | "config">,
  { requestId }: JobPayload<"pass.request-mail">,
): Promise<void> {
  await sendRequestLetter({ db, mailer, publicUrl: config.publicUrl }, { requestId });
}
