import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";
import type { AccessAtExpiry, AccessPassTerm } from "#db/types.ts";
import { hashOf } from "./codes.ts";
import { type LinkState, linkState } from "./links.ts";

/** What somebody who opens a link is shown of it. */
export type Invitation = {
  linkId: string;
  passId: string;
  state: LinkState;
  endsAt: Date | null;
  /** The name of who made it; "" when they have none. */
  invitedBy: string;
  passName: string;
  passSlug: string;
  spaceName: string;
  spaceSlug: string;
  spaceRetired: boolean;
  retired: boolean;
  /** Past the last day of the pass. */
  over: boolean;
  term: AccessPassTerm;
  termDays: number | null;
  termMonths: number | null;
  termUntil: Date | null;
  termTimeZone: string | null;
  atExpiry: AccessAtExpiry;
  /** On how many devices at once one person may watch. */
  devices: number;
  experiences: string[];
};

/** The link with this code, in whatever state, or undefined. Opening it changes nothing. */
export async function findInvitation(
  db: Kysely<Database>,
  code: string | undefined,
): Promise<Invitation | undefined> {
  if (!code || !/^[\w-]{43}$/.test(code)) return undefined;
  const { rows } = await sql<Invitation>`
    select l.id as "linkId", p.id as "passId", ${linkState} as state, l.ends_at as "endsAt", u.name as "invitedBy",
      p.name as "passName", p.slug as "passSlug", s.name as "spaceName", s.slug as "spaceSlug",
      s.retired_at is not null as "spaceRetired", p.retired_at is not null as retired,
      coalesce(p.term_until <= statement_timestamp(), false) as over, p.term, p.term_days as "termDays", p.term_months as "termMonths",
      p.term_until as "termUntil", p.term_time_zone as "termTimeZone", p.at_expiry as "atExpiry",
      p.most_devices as devices,
      coalesce((
        select array_agg(e.name order by e.created_at)
        from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
        where pe.access_pass_id = p.id
      ), '{}') as experiences
    from access_pass_links l
    join access_passes p on p.id = l.access_pass_id
    join spaces s on s.id = p.space_id
    join users u on u.id = l.made_by
    where l.code_hash = ${hashOf(code)}
  `.execute(db);
  return rows[0];
}
