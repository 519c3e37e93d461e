import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessAtExpiry, AccessPassTerm } from "#db/types.ts";
import { countedHolders, offeredSeats, sayHolders, waitingPeople } from "./seats.ts";

export type TeamPass = {
  id: string;
  slug: string;
  name: string;
  description: string;
  term: AccessPassTerm;
  termDays: number | null;
  termMonths: number | null;
  termUntil: Date | null;
  termTimeZone: string | null;
  atExpiry: AccessAtExpiry;
  /** On how many devices at once one person may watch. */
  devices: number;
  retired: boolean;
  over: boolean;
  priceMinor: number;
  currency: string;
  /** How many may hold it at once; null: as many as want to. */
  stock: number | null;
  saleStartsAt: Date | null;
  saleEndsAt: Date | null;
  /** Switched on. Whether people can get it now also depends on the times of its sale. */
  onSale: boolean;
  saleBegun: boolean;
  saleOver: boolean;
  experiences: { id: string; slug: string; name: string }[];
  /** Who holds it now; `moreHolders`: even more than that. */
  holders: number;
  moreHolders: boolean;
  /** Seats that are kept for somebody who waited. */
  offered: number;
  /** Who waits without an offer. */
  waiting: number;
  /** Who asked for it, and has no answer yet. */
  asked: number;
};

const teamPass = sql`
  p.id, p.slug, p.name, p.description, p.term, p.term_days as "termDays",
  p.term_months as "termMonths", p.term_until as "termUntil",
  p.term_time_zone as "termTimeZone", p.at_expiry as "atExpiry", p.most_devices as devices, p.retired_at is not null as retired,
  coalesce(p.term_until <= now(), false) as over,
  p.price_minor as "priceMinor", p.currency, p.stock, p.sale_starts_at as "saleStartsAt", p.sale_ends_at as "saleEndsAt",
  p.on_sale as "onSale", coalesce(p.sale_starts_at <= now(), true) as "saleBegun",
  coalesce(p.sale_ends_at <= now(), false) as "saleOver",
  coalesce((
    select json_agg(json_build_object('id', e.id, 'slug', e.slug, 'name', e.name) order by e.created_at)
    from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
    where pe.access_pass_id = p.id
  ), '[]') as experiences,
  ${countedHolders} as holders, ${offeredSeats} as offered, ${waitingPeople} as waiting,
  (select count(*)::int from access_pass_requests r where r.access_pass_id = p.id and r.status = 'asked') as asked
`;

/** The passes of a space for its team, those that are retired last. */
export async function listPasses(db: Db, spaceId: string): Promise<TeamPass[]> {
  const { rows } = await sql<TeamPass>`
    select ${teamPass} from access_passes p
    where p.space_id = ${spaceId} order by p.retired_at is not null, p.created_at
  `.execute(db);
  return rows.map(sayHolders);
}

/** One pass of this space, for its team. */
export async function findPass(
  db: Db,
  { spaceId, passId }: { spaceId: string; passId: string },
): Promise<TeamPass | undefined> {
  const { rows } = await sql<TeamPass>`
    select ${teamPass} from access_passes p where p.id = ${passId} and p.space_id = ${spaceId}
  `.execute(db);
  return rows[0] && sayHolders(rows[0]);
}
