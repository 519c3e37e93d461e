import type { Services } from "#app/context.ts";
import { sendGrantLetter } from "#app/domain/grants/letter.ts";
import type { JobPayload } from "#app/jobs/catalog.ts";

export async function grantMail(
  { config, ...services }: Services,
  { grantId }: JobPayload<"grant.mail">,
): Promise<void> {
  await sendGrantLetter({ ...services, publicUrl: config.publicUrl }, { grantId });
}
