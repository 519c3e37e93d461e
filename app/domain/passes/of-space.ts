import { type RawBuilder, sql } from "kysely";
import type { Db } from "#db/client.ts";
import { countedHolders, sayHolders } from "./seats.ts";
import type { AccessAtExpiry, AccessPassTerm } from "#db/types.ts";

/** A pass of a space, as programs of its owners see it. */
export type SpacePass = {
  id: string;
  name: string;
  description: string;
  priceMinor: number;
  currency: string;
  /** How many may hold it at once; null: as many as want to. */
  stock: number | null;
  saleStartsAt: Date | null;
  saleEndsAt: Date | null;
  onSale: boolean;
  term: AccessPassTerm;
  termDays: number | null;
  termMonths: number | null;
  termUntil: Date | null;
  termTimeZone: string | null;
  atExpiry: AccessAtExpiry;
  /** On how many devices at once one person may watch. */
  devices: number;
  /** Those that are not retired. */
  experienceIds: string[];
  /** Counted up to 10,000, and so many more than its stock. */
  holders: number;
  moreHolders: boolean;
  createdAt: Date;
  retiredAt: Date | null;
  /** Its public address: `/space/passes/slug`. */
  path: string;
};

const passesOf = (
  spaceId: string,
  condition: RawBuilder<unknown>,
  rest: RawBuilder<unknown> = sql``,
) => sql<SpacePass>`
  select p.id, p.name, p.description, p.price_minor as "priceMinor", p.currency, p.stock, p.on_sale as "onSale",
    p.sale_starts_at as "saleStartsAt", p.sale_ends_at as "saleEndsAt", p.term, p.term_days as "termDays",
    p.term_months as "termMonths",
    p.term_until as "termUntil", p.term_time_zone as "termTimeZone", p.at_expiry as "atExpiry", p.most_devices as devices,
    p.created_at as "createdAt", p.retired_at as "retiredAt", '/' || s.slug || '/passes/' || p.slug as path,
    coalesce((
      select array_agg(e.id order by e.created_at, e.id)
      from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
      where pe.access_pass_id = p.id
    ), '{}') as "experienceIds",
    ${countedHolders} as holders
  from access_passes p
  join spaces s on s.id = p.space_id
  where p.space_id = ${spaceId}::uuid and ${condition} ${rest}
`;

/** The passes of a space, the newest first, at most `most` of those before the pass `before`. */
export async function listSpacePasses(
  db: Db,
  { spaceId, retired, before, most }: { spaceId: string; retired?: boolean; before?: string; most: number },
): Promise<SpacePass[]> {
  const conditions = [
    ...(retired === undefined ? [] : [sql`(p.retired_at is not null) = ${retired}`]),
    ...(before ? [sql`p.id < ${before}::uuid`] : []),
  ];
  const all = conditions.length > 0 ? sql.join(conditions, sql` and `) : sql`true`;
  const { rows } = await passesOf(spaceId, all, sql`order by p.id desc limit ${most}`).execute(db);
  return rows.map(sayHolders);
}

/** One pass of this space; `forUpdate` keeps everybody else from changing it until the transaction ends. */
export async function findSpacePass(
  db: Db,
  { spaceId, passId, forUpdate = false }: { spaceId: string; passId: string; forUpdate?: boolean },
): Promise<SpacePass | undefined> {
  // Locked first and read afterwards: what stands beside a row that one had to wait for is as old as the wait.
  if (forUpdate)
    await sql`select from access_passes where id = ${passId}::uuid and space_id = ${spaceId}::uuid for update`.execute(
      db,
    );
  const { rows } = await passesOf(spaceId, sql`p.id = ${passId}::uuid`).execute(db);
  return rows[0] && sayHolders(rows[0]);
}
