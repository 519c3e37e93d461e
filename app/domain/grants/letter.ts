import { sql } from "kysely";
import { grantLetter } from "../letters/grant.ts";
import { type Sending, sendTo } from "../mail/send-to.ts";

type Row = {
  email: string;
  zone: string;
  passName: string;
  spaceName: string;
  spaceSlug: string;
  endsAt: Date | null;
  atExpiry: "finish" | "cut";
  experiences: string[];
};

/**
 * Writes to the person who was given a grant, once: a grant that was written about, taken back or has run out meanwhile
 * is left alone, and so is one whose mailbox is not there. Throws as `sendTo` does, and the job is tried again.
 */
export async function sendGrantLetter(
  { publicUrl, ...sending }: Sending & { publicUrl: string },
  { grantId }: { grantId: string },
): Promise<void> {
  const { db } = sending;
  const { rows } = await sql<Row>`
    select u.email, coalesce(u.time_zone, p.term_time_zone, 'UTC') as zone, p.name as "passName",
      s.name as "spaceName", s.slug as "spaceSlug", g.ends_at as "endsAt", p.at_expiry as "atExpiry",
      coalesce((
        select array_agg(e.name order by e.created_at)
        from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
        where pe.access_pass_id = p.id
      ), '{}') as experiences
    from access_grants g
    join access_passes p on p.id = g.access_pass_id
    join spaces s on s.id = p.space_id and s.retired_at is null
    join users u on u.id = g.user_id and u.disabled_at is null
    where g.id = ${grantId} and g.mailed_at is null and g.status = 'active' and (g.ends_at is null or g.ends_at > now())
      and not exists (select from mail_failures f where f.address = u.email)
  `.execute(db);
  const grant = rows[0];
  if (!grant) return;
  const letter = grantLetter({
    ...grant,
    timeZone: grant.zone,
    link: `${publicUrl}/account/experiences`,
    spaceLink: `${publicUrl}/${grant.spaceSlug}`,
  });
  if (!(await sendTo(sending, { to: grant.email, ...letter }, { grantId }))) return;
  await db
    .updateTable("access_grants")
    .set({ mailed_at: sql`now()` })
    .where("id", "=", grantId)
    .where("mailed_at", "is", null)
    .execute();
}
