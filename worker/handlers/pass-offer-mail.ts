import type { Services } from "#app/context.ts";
import { sendOfferLetter } from "#app/domain/passes/letters.ts";
import type { JobPayload } from "#app/jobs/catalog.ts";

export async function passOfferMail(
  { db, mailer, config }: Pick<Services, "db" | "mailer" | "config">,
  { waitId }: JobPayload<"pass.offer-mail">,
): Promise<void> {
  await sendOfferLetter({ db, mailer, publicUrl: config.publicUrl }, { waitId });
}
