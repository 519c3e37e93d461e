import type { Services } from "#app/context.ts";
import { sendSignInNews } from "#app/domain/people/sign-in-news.ts";
import type { JobPayload } from "#app/jobs/catalog.ts";

export async function signInMail(
  { db, mailer, config }: Pick<Services, "db" | "mailer" | "config">,
  { sessionId }: JobPayload<"sign-in.mail">,
): Promise<void> {
  await sendSignInNews({ db, mailer, publicUrl: config.publicUrl }, { sessionId });
}
