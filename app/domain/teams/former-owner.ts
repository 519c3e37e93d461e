import { sql, type Transaction } from "kysely";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Mailer } from "#app/services/mail.ts";
import type { Database, Db } from "#db/client.ts";
import { ownerLeftLetter } from "../letters/owner-left.ts";
import { revokeKeysOf } from "../api-keys/keys.ts";
import { switchOffOf } from "../outgoing-webhooks/switching-off.ts";
import { revokeLinksOf } from "../pass-links/links.ts";
import { ownersOfSpace } from "./owners.ts";

type OfSpace = { spaceId: string; userId: string };

/**
 * Takes from somebody who is no owner any more what would go on by itself, or work again when they come back: their API
 * keys and invite links are revoked, webhooks of theirs are switched off, and the owners who are left are written to.
 */
export async function takeFromFormerOwner(
  trx: Transaction<Database>,
  queue: Queue,
  { spaceId, userId, actorId }: OfSpace & { actorId: string },
): Promise<void> {
  const keys = await revokeKeysOf(trx, { spaceId, userId, actorId });
  // Whoever takes a pass by a link locks the link first, and then the endpoints that are told of it.
  const links = await revokeLinksOf(trx, { spaceId, userId, actorId });
  const endpoints = await switchOffOf(trx, { spaceId, userId });
  if (keys + links + endpoints > 0) await enqueue(trx, queue, "team.owner-left-mail", { spaceId, userId });
}

type Row = {
  spaceName: string;
  spaceSlug: string;
  email: string;
  owners: string[] | null;
  endpoints: { id: string; url: string }[];
  links: { id: string; name: string; passName: string; passId: string }[];
  keys: { id: string; name: string }[];
};

/**
 * Writes to the owners of a space, once, what was switched off and revoked with somebody who is no owner any more: what is
 * on again, taken over by another owner or was written about is left out. Throws the mailer's ServiceError, and the job is tried again.
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
    ) as links, (
      select coalesce(json_agg(json_build_object('id', k.id, 'name', k.name) order by k.id), '[]')
      from api_keys k
      where k.space_id = s.id and k.made_by = gone.id and k.owner_left and k.revocation_mailed_at is null
    ) as keys
    from spaces s cross join users gone
    where s.id = ${spaceId}::uuid and s.retired_at is null and gone.id = ${userId}::uuid
  `.execute(db);
  const [found] = rows;
  if (!found?.owners || found.endpoints.length + found.links.length + found.keys.length === 0) return;
  const { spaceName, spaceSlug, email, owners, endpoints, links, keys } = found;
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
    keys: { names: keys.map(({ name }) => name), page: `${publicUrl}/account/space/api?space=${spaceSlug}` },
  });
  // One letter to all of them: owners of a space know each other.
  await mailer.send({ to: owners, ...letter });
  const endpointIds = endpoints.map(({ id }) => id);
  const linkIds = links.map(({ id }) => id);
  const keyIds = keys.map(({ id }) => id);
  await sql`
    update webhook_endpoints set off_mailed_at = clock_timestamp()
    where id = any(${endpointIds}::uuid[]) and off_at is not null
  `.execute(db);
  await sql`
    update access_pass_links set revocation_mailed_at = clock_timestamp() where id = any(${linkIds}::uuid[])
  `.execute(db);
  await sql`
    update api_keys set revocation_mailed_at = clock_timestamp() where id = any(${keyIds}::uuid[])
  `.execute(db);
}
