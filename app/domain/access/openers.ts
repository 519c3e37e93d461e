import { type RawBuilder, sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessPassTerm } from "#db/types.ts";
import { isBannedFromSpace, lastGrantStatus } from "../passes/obstacles.ts";
import { heldSeats, isOffered, offeredSeats, waitingPeople } from "../passes/seats.ts";

/** A pass that opens an experience and is offered now. */
export type Opener = {
  passId: string;
  name: string;
  description: string;
  slug: string;
  spaceSlug: string;
  spaceName: string;
  /** The pass's page, where it is got. */
  path: string;
  term: AccessPassTerm;
  termDays: number | null;
  termMonths: number | null;
  /** ISO; the same end for everybody. */
  termUntil: string | null;
  termTimeZone: string | null;
  atExpiry: "finish" | "cut";
  /** On how many devices at once one person may watch. */
  devices: number;
  priceMinor: number;
  currency: string;
  /** ISO; where its sale has not begun yet. */
  saleStartsAt: string | null;
  /** How many seats one can take at once; null: as many as want to. */
  left: number | null;
  /** Everything it opens, by name. */
  experiences: string[];
  /** `claim`: free, on its page. `ask`: one asks the space, on its page, too. */
  how: "claim" | "ask";
  /** Why the reader does not get it by themselves, whatever it offers to others; null where they may. */
  barred: Barred | null;
};

/** Shut out of the space, or a free pass that was taken back or paid back: `findStanding` refuses the same. */
export type Barred = "banned" | "taken_back" | "paid_back";

type Row = Omit<Opener, "path" | "how" | "termUntil" | "saleStartsAt"> & {
  termUntil: Date | null;
  saleStartsAt: Date | null;
};

/**
 * What opens an experience and is offered now: switched on, not retired, not past its last day or the end of its sale; free
 * ones first. One whose sale is still to begin, or that is sold out, says so; what `userId` (or nobody: null) cannot get
 * comes last, and says why.
 */
export async function listOpeners(
  db: Db,
  { experienceId, userId }: { experienceId: string; userId: string | null },
): Promise<Opener[]> {
  const opens = sql<boolean>`exists (
    select from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
    where pe.access_pass_id = p.id and pe.experience_id = ${experienceId})`;
  return list(db, opens, userId);
}

/** The passes that a space offers now, whoever asks. */
export async function listOfferedPasses(db: Db, { spaceId }: { spaceId: string }): Promise<Opener[]> {
  return list(db, sql<boolean>`p.space_id = ${spaceId}`, null);
}

async function list(db: Db, where: RawBuilder<boolean>, userId: string | null): Promise<Opener[]> {
  const { rows } = await sql<Row>`
    select p.id as "passId", p.name, p.description, p.slug, s.slug as "spaceSlug", s.name as "spaceName", p.term,
      p.term_days as "termDays", p.term_months as "termMonths", p.term_until as "termUntil", p.term_time_zone as "termTimeZone",
      p.at_expiry as "atExpiry", p.most_devices as devices, p.price_minor as "priceMinor", p.currency,
      case when p.sale_starts_at > now() then p.sale_starts_at end as "saleStartsAt",
      case when p.stock is not null then greatest(0, p.stock - ${heldSeats} - ${offeredSeats} - ${waitingPeople}) end as left,
      coalesce((
        select array_agg(e.name order by e.created_at)
        from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
        where pe.access_pass_id = p.id
      ), '{}') as experiences,
      case
        when ${isBannedFromSpace(userId)} then 'banned'
        when p.price_minor = 0 then
          case ${lastGrantStatus(userId)} when 'cancelled' then 'taken_back' when 'refunded' then 'paid_back' end
      end as barred
    from access_passes p
    join spaces s on s.id = p.space_id and s.retired_at is null
    where ${where} and ${isOffered} and (p.sale_ends_at is null or p.sale_ends_at > now())
    order by barred nulls first, p.price_minor, p.created_at
  `.execute(db);
  return rows.map((row) => ({
    ...row,
    termUntil: row.termUntil?.toISOString() ?? null,
    saleStartsAt: row.saleStartsAt?.toISOString() ?? null,
    path: `/${row.spaceSlug}/passes/${row.slug}`,
    how: row.priceMinor === 0 ? "claim" : "ask",
  }));
}
