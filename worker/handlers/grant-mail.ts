import type { Services } from "#app/context.ts";
import { sendGrantLetter } from "#app/domain/grants/letter.ts";
import type { JobPayload } from "#app/jobs/catalog.ts";

export async function grantMail(
  { db, mailer, config }: Pick<Services, "db" | "mailer" | "config">,
  { grantId }: JobPayload<"grant.mail">,
): Promise<void> {
  await sendGrantLetter({ db, mailer, publicUrl: config.publicUrl }, { grantId });
}
