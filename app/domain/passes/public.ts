import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type {
  AccessAtExpiry,
  AccessGrantStatus,
  AccessPassRequestStatus,
  AccessPassTerm,
  SpaceRole,
} from "#db/types.ts";
import { grantStatus } from "../grants/lists.ts";
import { heldSeats, offeredSeats, waitingPeople } from "./seats.ts";
import { placeInList } from "./waits.ts";

export type PassPage = {
  id: string;
  slug: string;
  name: string;
  description: string;
  spaceId: string;
  spaceSlug: string;
  spaceName: string;
  term: AccessPassTerm;
  termDays: number | null;
  termMonths: number | null;
  termUntil: Date | null;
  termTimeZone: string | null;
  atExpiry: AccessAtExpiry;
  /** On how many devices at once one person may watch. */
  devices: number;
  priceMinor: number;
  currency: string;
  /** How many may hold it at once, and how many seats one can take now; null: as many as want to. */
  stock: number | null;
  left: number | null;
  onSale: boolean;
  saleStartsAt: Date | null;
  saleEndsAt: Date | null;
  saleBegun: boolean;
  saleOver: boolean;
  retired: boolean;
  over: boolean;
  spaceRetired: boolean;
  experiences: { slug: string; name: string }[];
  /** What the reader holds or last held of it. */
  grantStatus: AccessGrantStatus | null;
  grantStarted: boolean | null;
  grantStartsAt: Date | null;
  grantEndsAt: Date | null;
  /** What was said when it was taken back or refunded; "" for nothing. */
  grantReason: string | null;
  /** Their place in the waiting list, from 1. */
  place: number | null;
  /** Until when a seat is kept for them. */
  offerUntil: Date | null;
  /** The last offer ran out, and they did not join again. */
  offerLapsed: boolean;
  /** Their latest request that they did not take back themselves. */
  requestStatus: AccessPassRequestStatus | null;
  requestWords: string | null;
  requestReason: string | null;
  requestedAt: Date | null;
  decidedAt: Date | null;
  teamRole: SpaceRole | null;
  banned: boolean;
};

/** A pass by its address, as `userId` (or nobody: null) stands to it. */
export async function findPassPage(
  db: Db,
  { space, pass, userId }: { space: string; pass: string; userId: string | null },
): Promise<PassPage | undefined> {
  const { rows } = await sql<PassPage>`
    select p.id, p.slug, p.name, p.description, s.id as "spaceId", s.slug as "spaceSlug", s.name as "spaceName",
      p.term, p.term_days as "termDays", p.term_months as "termMonths", p.term_until as "termUntil", p.term_time_zone as "termTimeZone",
      p.at_expiry as "atExpiry", p.most_devices as devices, p.price_minor as "priceMinor", p.currency, p.stock,
      case when p.stock is not null then greatest(0, p.stock - ${heldSeats} - ${offeredSeats} - ${waitingPeople}) end as left,
      p.on_sale as "onSale", p.sale_starts_at as "saleStartsAt", p.sale_ends_at as "saleEndsAt",
      coalesce(p.sale_starts_at <= now(), true) as "saleBegun", coalesce(p.sale_ends_at <= now(), false) as "saleOver",
      p.retired_at is not null as retired,
      coalesce(p.term_until <= now(), false) as over, s.retired_at is not null as "spaceRetired",
      coalesce((
        select json_agg(json_build_object('slug', e.slug, 'name', e.name) order by e.created_at)
        from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
        where pe.access_pass_id = p.id
      ), '[]') as experiences,
      held.status as "grantStatus", held.started as "grantStarted", held.starts_at as "grantStartsAt",
      held.ends_at as "grantEndsAt", held.reason as "grantReason",
      case when listed.outcome is null then listed.place end as place,
      case when listed.outcome is null and not listed.lapsed then listed.offer_until end as "offerUntil",
      coalesce(listed.lapsed, false) as "offerLapsed",
      asked.status as "requestStatus", asked.words as "requestWords", asked.reason as "requestReason",
      asked.asked_at as "requestedAt", asked.decided_at as "decidedAt", m.role as "teamRole", b.user_id is not null as banned
    from access_passes p
    join spaces s on s.id = p.space_id
    left join space_members m on m.space_id = s.id and m.user_id = ${userId}::uuid
    left join space_bans_in_force b on b.space_id = s.id and b.user_id = ${userId}::uuid and b.stream_id is null
    left join lateral (
      select ${grantStatus} as status, g.starts_at <= now() as started, g.starts_at, g.ends_at, (
          select v.reason from access_grant_events v where v.access_grant_id = g.id order by v.happened_at desc limit 1
        ) as reason
      from access_grants g
      where g.access_pass_id = p.id and g.user_id = ${userId}::uuid
      order by g.status = 'active' desc, g.id desc limit 1
    ) held on true
    left join lateral (
      select w.outcome, w.offer_until, ${placeInList} as place,
        coalesce(w.outcome = 'lapsed', coalesce(w.offer_until <= now(), false)) as lapsed
      from access_pass_waits w
      where w.access_pass_id = p.id and w.user_id = ${userId}::uuid
      order by w.number desc limit 1
    ) listed on true
    left join lateral (
      select r.status, r.words, r.reason, r.asked_at, r.decided_at
      from access_pass_requests r
      where r.access_pass_id = p.id and r.user_id = ${userId}::uuid and r.status <> 'withdrawn'
      order by r.id desc limit 1
    ) asked on true
    where s.slug = ${space} and p.slug = ${pass}
  `.execute(db);
  return rows[0];
}
