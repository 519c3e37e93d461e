import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessPassTerm } from "#db/types.ts";

/** A pass that opens an experience and can be had now. */
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
  /** ISO; the same end for everybody. */
  termUntil: string | null;
  termTimeZone: string | null;
  atExpiry: "finish" | "cut";
  priceMinor: number;
  currency: string;
  /** Everything it opens, by name. */
  experiences: string[];
  /** `claim`: free, on its page. `ask`: not sold yet, so one asks the space. */
  how: "claim" | "ask";
};

type Row = Omit<Opener, "path" | "how" | "termUntil"> & { termUntil: Date | null };

/** What opens an experience and is offered now: not retired, not past its last day; free ones first. */
export async function listOpeners(db: Db, { experienceId }: { experienceId: string }): Promise<Opener[]> {
  return list(db, { experienceId });
}

/** The passes that a space offers now. */
export async function listOfferedPasses(db: Db, { spaceId }: { spaceId: string }): Promise<Opener[]> {
  return list(db, { spaceId });
}

async function list(db: Db, of: { experienceId: string } | { spaceId: string }): Promise<Opener[]> {
  const where =
    "experienceId" in of
      ? sql`exists (
          select from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
          where pe.access_pass_id = p.id and pe.experience_id = ${of.experienceId})`
      : sql`p.space_id = ${of.spaceId}`;
  const { rows } = await sql<Row>`
    select p.id as "passId", p.name, p.description, p.slug, s.slug as "spaceSlug", s.name as "spaceName", p.term,
      p.term_days as "termDays", p.term_until as "termUntil", p.term_time_zone as "termTimeZone",
      p.at_expiry as "atExpiry", p.price_minor as "priceMinor", p.currency,
      coalesce((
        select array_agg(e.name order by e.created_at)
        from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
        where pe.access_pass_id = p.id
      ), '{}') as experiences
    from access_passes p
    join spaces s on s.id = p.space_id and s.retired_at is null
    where ${where} and p.retired_at is null and (p.term_until is null or p.term_until > now())
    order by p.price_minor, p.created_at
  `.execute(db);
  return rows.map((row) => ({
    ...row,
    termUntil: row.termUntil?.toISOString() ?? null,
    path: `/${row.spaceSlug}/passes/${row.slug}`,
    how: row.priceMinor === 0 ? "claim" : "ask",
  }));
}
