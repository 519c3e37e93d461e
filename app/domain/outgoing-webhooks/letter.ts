import { sql } from "kysely";
import type { Mailer } from "#app/services/mail.ts";
import type { Db } from "#db/client.ts";
import type { WebhookEndpointOffReason } from "#db/types.ts";
import { webhookOffLetter } from "../letters/webhook-off.ts";
import { ownersOfSpace } from "../teams/owners.ts";

/**
 * Writes to the owners of a space, once, that an endpoint was switched off: one that is on again or was written about is
 * left alone, and of what left with its owner the letter about them tells. Throws the mailer's ServiceError, and the job is tried again.
 */
export async function sendOffLetter(
  { db, mailer, publicUrl }: { db: Db; mailer: Mailer; publicUrl: string },
  { endpointId }: { endpointId: string },
): Promise<void> {
  const { rows } = await sql<{
    url: string;
    reason: Exclude<WebhookEndpointOffReason, "owner_left">;
    spaceName: string;
    spaceSlug: string;
    owners: string[] | null;
  }>`
    select e.url, e.off_reason as reason, s.name as "spaceName", s.slug as "spaceSlug", ${ownersOfSpace} as owners
    from webhook_endpoints e join spaces s on s.id = e.space_id and s.retired_at is null
    where e.id = ${endpointId}::uuid and e.off_reason <> 'owner_left' and e.off_mailed_at is null
  `.execute(db);
  const [endpoint] = rows;
  if (!endpoint?.owners) return;
  const { url, reason, spaceName, spaceSlug, owners } = endpoint;
  const link = `${publicUrl}/account/space/webhooks/${endpointId}?space=${spaceSlug}`;
  const letter = webhookOffLetter({ host: new URL(url).host, reason, spaceName, link });
  // One letter to all of them: owners of a space know each other.
  await mailer.send({ to: owners, ...letter });
  await db
    .updateTable("webhook_endpoints")
    .set({ off_mailed_at: sql`clock_timestamp()` })
    .where("id", "=", endpointId)
    .where("off_at", "is not", null)
    .execute();
}
