import type { Services } from "#app/context.ts";
import { sendOfferLetter } from "#app/domain/passes/letters.ts";
import type { JobPayload } from "#app/jobs/catalog.ts";

export async function passOfferMail(
  { config, ...services }: Services,
  { waitId }: JobPayload<"pass.offer-mail">,
): Promise<void> {
  await sendOfferLetter({ ...services, publicUrl: config.publicUrl }, { waitId });
}
