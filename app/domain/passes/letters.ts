import { sql } from "kysely";
import type { AccessPassRequestStatus } from "#db/types.ts";
import { type Sending as SendingTo, sendTo } from "../mail/send-to.ts";
import { passOfferLetter } from "../letters/pass-offer.ts";
import {
  requestApprovedLetter,
  requestClosedLetter,
  requestDeclinedLetter,
} from "../letters/pass-request.ts";

type Sending = SendingTo & { publicUrl: string };

/** `p` is the pass. */
const opened = sql<string[]>`
  coalesce((
    select array_agg(e.name order by e.created_at)
    from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
    where pe.access_pass_id = p.id
  ), '{}')
`;

type Offer = {
  email: string;
  timeZone: string;
  passName: string;
  passSlug: string;
  spaceName: string;
  spaceSlug: string;
  offerUntil: Date;
  experiences: string[];
};

/**
 * Writes to the person for whom a seat is kept, once: not about an offer that was taken, left, or has run out meanwhile.
 * Throws as `sendTo` does, and the job is tried again.
 */
export async function sendOfferLetter(
  { publicUrl, ...sending }: Sending,
  { waitId }: { waitId: string },
): Promise<void> {
  const { db } = sending;
  const { rows } = await sql<Offer>`
    select u.email, coalesce(u.time_zone, p.term_time_zone, 'UTC') as "timeZone", p.name as "passName",
      p.slug as "passSlug", s.name as "spaceName", s.slug as "spaceSlug", w.offer_until as "offerUntil",
      ${opened} as experiences
    from access_pass_waits w
    join access_passes p on p.id = w.access_pass_id and p.retired_at is null and p.on_sale
    join spaces s on s.id = p.space_id and s.retired_at is null
    join users u on u.id = w.user_id and u.disabled_at is null
    where w.id = ${waitId} and w.outcome is null and w.mailed_at is null and w.offer_until > now()
      and not exists (select from mail_failures f where f.address = u.email)
  `.execute(db);
  const offer = rows[0];
  if (!offer) return;
  const letter = passOfferLetter({
    ...offer,
    link: `${publicUrl}/${offer.spaceSlug}/passes/${offer.passSlug}`,
  });
  if (!(await sendTo(sending, { to: offer.email, ...letter }, { waitId }))) return;
  await db
    .updateTable("access_pass_waits")
    .set({ mailed_at: sql`now()` })
    .where("id", "=", waitId)
    .execute();
}

type Answer = Omit<Offer, "offerUntil"> & {
  status: AccessPassRequestStatus;
  reason: string;
  atExpiry: "finish" | "cut";
  endsAt: Date | null;
};

/**
 * Writes to the person whose request has an answer, once: yes, no with its reason, or that the pass is no longer given. One
 * that they took back needs no letter, nor one whose pass was taken back again meanwhile. Throws as `sendOfferLetter` does.
 */
export async function sendRequestLetter(
  { publicUrl, ...sending }: Sending,
  { requestId }: { requestId: string },
): Promise<void> {
  const { db } = sending;
  const { rows } = await sql<Answer>`
    select u.email, coalesce(u.time_zone, p.term_time_zone, 'UTC') as "timeZone", p.name as "passName",
      p.slug as "passSlug", s.name as "spaceName", s.slug as "spaceSlug", ${opened} as experiences,
      r.status, r.reason, p.at_expiry as "atExpiry", g.ends_at as "endsAt"
    from access_pass_requests r
    join access_passes p on p.id = r.access_pass_id
    join spaces s on s.id = p.space_id
    join users u on u.id = r.user_id and u.disabled_at is null
    left join access_grants g on g.id = r.access_grant_id
    where r.id = ${requestId} and r.mailed_at is null and r.status in ('approved', 'declined', 'closed')
      and (r.status <> 'approved' or (g.status = 'active' and (g.ends_at is null or g.ends_at > now())))
      and not exists (select from mail_failures f where f.address = u.email)
  `.execute(db);
  const answer = rows[0];
  if (!answer) return;
  const link = `${publicUrl}/${answer.spaceSlug}/passes/${answer.passSlug}`;
  const letter = letterOf(answer, { link, watchLink: `${publicUrl}/account/experiences` });
  if (!(await sendTo(sending, { to: answer.email, ...letter }, { requestId }))) return;
  await db
    .updateTable("access_pass_requests")
    .set({ mailed_at: sql`now()` })
    .where("id", "=", requestId)
    .execute();
}

function letterOf(answer: Answer, links: { link: string; watchLink: string }) {
  if (answer.status === "approved") return requestApprovedLetter({ ...answer, ...links });
  if (answer.status === "declined") return requestDeclinedLetter({ ...answer, ...links });
  return requestClosedLetter(answer);
}
