import type { Services } from "#app/context.ts";
import { sendSignInNews } from "#app/domain/people/sign-in-news.ts";
import type { JobPayload } from "#app/jobs/catalog.ts";

export async function signInMail(
  { config, ...services }: Services,
  { sessionId }: JobPayload<"sign-in.mail">,
): Promise<void> {
  await sendSignInNews({ ...services, publicUrl: config.publicUrl }, { sessionId });
}
