import { sql, type Transaction } from "kysely";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Mailer } from "#app/services/mail.ts";
import type { Database, Db } from "#db/client.ts";
import { ownerLeftLetter } from "../letters/owner-left.ts";
import { switchOffOf } from "../outgoing-webhooks/switching-off.ts";
import { revokeLinksOf } from "../pass-links/links.ts";
import { ownersOfSpace } from "./owners.ts";

type OfSpace = { spaceId: string; userId: string };

/**
 * Takes from somebody who is no owner any more what would go on by itself: webhooks of theirs are switched off, their
 * invite links revoked, and the owners who are left are written to. (Their keys end by themselves: each call asks.)
 */
export async function takeFromFormerOwner(
  trx: Transaction<Database>,
  queue: Queue,
  { spaceId, userId, actorId }: OfSpace & { actorId: string },
): Promise<void> {
  const endpoints = await switchOffOf(trx, { spaceId, userId });
  const links = await revokeLinksOf(trx, { spaceId, userId, actorId });
  if (endpoints + links > 0) await enqueue(trx, queue, "team.owner-left-mail", { spaceId, userId });
}

type Row = {
  spaceName: string;
  spaceSlug: string;
  email: string;
  owners: string[] | null;
  endpoints: { id: string; url: string }[];
  links: { id: string; name: string; passName: string; passId: string }[];
};

/**
 * Writes to the owners of a space, once, what was switched off and revoked with somebody who is no owner any more: what is
 * on again or was written about is left out. Throws the mailer's ServiceError, and the job is tried again.
 */
export async function sendOwnerLeftLetter(
  { db, mailer, publicUrl }: { db: Db; mailer: Mailer; publicUrl: string },
  { spaceId, userId }: OfSpace,
): Promise<void> {
  const { rows } = await sql<Row>`
    select s.name as "spaceName", s.slug as "spaceSlug", gone.email, ${ownersOfSpace} as owners, (
      select coalesce(json_agg(json_build_object('id', e.id, 'url', e.url) order by e.id), '[]')
      from webhook_endpoints e
      where e.space_id = s.id and e.made_by = gone.id and e.off_reason = 'owner_left' and e.off_mailed_at is null
    ) as endpoints, (
      select coalesce(json_agg(
        json_build_object('id', l.id, 'name', l.name, 'passName', p.name, 'passId', p.id) order by l.id), '[]')
      from access_pass_links l join access_passes p on p.id = l.access_pass_id
      where p.space_id = s.id and l.made_by = gone.id and l.owner_left and l.revocation_mailed_at is null
    ) as links
    from spaces s cross join users gone
    where s.id = ${spaceId}::uuid and s.retired_at is null and gone.id = ${userId}::uuid
  `.execute(db);
  const [found] = rows;
  if (!found?.owners || found.endpoints.length + found.links.length === 0) return;
  const { spaceName, spaceSlug, email, owners, endpoints, links } = found;
  const letter = ownerLeftLetter({
    ...{ spaceName, email },
    endpoints: endpoints.map(({ id, url }) => ({
      host: new URL(url).host,
      page: `${publicUrl}/account/space/webhooks/${id}?space=${spaceSlug}`,
    })),
    links: links.map(({ name, passName, passId }) => ({
      ...{ name, passName },
      page: `${publicUrl}/account/passes/${passId}/links`,
    })),
  });
  // One letter to all of them: owners of a space know each other.
  await mailer.send({ to: owners.join(", "), ...letter });
  const endpointIds = endpoints.map(({ id }) => id);
  const linkIds = links.map(({ id }) => id);
  await sql`
    update webhook_endpoints set off_mailed_at = clock_timestamp()
    where id = any(${endpointIds}::uuid[]) and off_at is not null
  `.execute(db);
  await sql`
    update access_pass_links set revocation_mailed_at = clock_timestamp() where id = any(${linkIds}::uuid[])
  `.execute(db);
}
