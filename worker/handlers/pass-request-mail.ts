import type { Services } from "#app/context.ts";
import { sendRequestLetter } from "#app/domain/passes/letters.ts";
import type { JobPayload } from "#app/jobs/catalog.ts";

export async function passRequestMail(
  { config, ...services }: Services,
  { requestId }: JobPayload<"pass.request-mail">,
): Promise<void> {
  await sendRequestLetter({ ...services, publicUrl: config.publicUrl }, { requestId });
}
