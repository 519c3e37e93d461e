import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";
import type { AccessGrantStatus } from "#db/types.ts";

export type Obstacle =
  "gone" | "retired" | "over" | "banned" | "off_sale" | "not_yet" | "sale_over" | "taken_back";

export type Standing = {
  /** What keeps this person from getting the pass, whatever it costs and however many seats are left. */
  obstacle: Obstacle | undefined;
  priceMinor: number;
  currency: string;
};

type Row = {
  retired: boolean;
  over: boolean;
  onSale: boolean;
  begun: boolean;
  saleOver: boolean;
  known: boolean;
  banned: boolean;
  last: AccessGrantStatus | null;
  priceMinor: number;
  currency: string;
};

/* In both of these `p` is the pass and `s` its space; null is nobody. */

/** Whether somebody is banned from the whole space. */
export const isBannedFromSpace = (userId: string | null) => sql<boolean>`exists (
  select from space_bans_in_force b where b.space_id = s.id and b.user_id = ${userId}::uuid and b.stream_id is null
)`;

/** What became of the last grant of the pass that somebody had. */
export const lastGrantStatus = (userId: string | null) => sql<AccessGrantStatus | null>`(
  select g.status from access_grants g
  where g.access_pass_id = p.id and g.user_id = ${userId}::uuid order by g.id desc limit 1
)`;

/**
 * How a person stands to a pass that they want: `gone` when there is no such pass, its space has closed or their account
 * is off; `retired`, past its last day (`over`), switched off (`off_sale`), before (`not_yet`) or after its sale; `banned`
 * from the space; or it was taken back from them, so that only the creator gives it again. With `offered` the end of the
 * sale is no matter: a seat was kept for them before.
 */
export async function findStanding(
  db: Kysely<Database>,
  { passId, userId, offered = false }: { passId: string; userId: string; offered?: boolean },
): Promise<Standing> {
  const { rows } = await sql<Row>`
    select p.retired_at is not null as retired, coalesce(p.term_until <= statement_timestamp(), false) as over,
      p.on_sale as "onSale", coalesce(p.sale_starts_at <= statement_timestamp(), true) as begun,
      coalesce(p.sale_ends_at <= statement_timestamp(), false) as "saleOver",
      exists (select from users u where u.id = ${userId} and u.disabled_at is null) as known,
      ${isBannedFromSpace(userId)} as banned, ${lastGrantStatus(userId)} as last,
      p.price_minor as "priceMinor", p.currency
    from access_passes p join spaces s on s.id = p.space_id and s.retired_at is null where p.id = ${passId}
  `.execute(db);
  const pass = rows[0];
  if (!pass) return { obstacle: "gone", priceMinor: 0, currency: "EUR" };
  return { obstacle: obstacleOf(pass, offered), priceMinor: pass.priceMinor, currency: pass.currency };
}

function obstacleOf(pass: Row, offered: boolean): Obstacle | undefined {
  if (!pass.known) return "gone";
  if (pass.retired) return "retired";
  if (pass.over) return "over";
  if (pass.banned) return "banned";
  if (pass.last === "cancelled" || pass.last === "refunded") return "taken_back";
  if (!pass.onSale) return "off_sale";
  if (!pass.begun) return "not_yet";
  return pass.saleOver && !offered ? "sale_over" : undefined;
}
