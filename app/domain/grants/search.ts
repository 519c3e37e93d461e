import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import {
  type Asked,
  atText,
  firstGrantIds,
  type GrantCursor,
  type GrantFilter,
  grantIds,
  grantIdsOf,
  type GrantScope,
  orderOf,
} from "./in-order.ts";
import { listGrantsById, type TeamGrant } from "./lists.ts";
import { findCalled, isCalled } from "./matching.ts";

/** Up to here grants are counted, which costs a moment each. */
export const mostCounted = 1000;
/** So many grants are looked through one by one for a name: the first few at once, more only where no index helps. */
const firstSteps = 500;
const mostSteps = 5000;
/** So many people of a name are looked up. */
const mostCalled = 2000;

type Search = GrantScope & GrantFilter & { search?: string; after?: GrantCursor; most: number };

export type GrantPage = {
  grants: TeamGrant[];
  /** Where the next page begins; undefined: there is none. */
  next?: GrantCursor;
  /**
   * How many grants were looked through, where the name is too common or too short for more in one go: there may be fewer
   * on this page than on the next.
   */
  lookedThrough?: number;
};

type Found = { id: string; at: string | null };

/**
 * A page of the grants of a space, or of one of its passes: the newest first, in the state `ends_soon` what ends next first;
 * at most `most` after the cursor. `search` finds parts of a name or an address.
 */
export async function findGrants(
  db: Db,
  { spaceId, passId, state, source, search = "", after, most }: Search,
): Promise<GrantPage> {
  const asked = { scope: { spaceId, passId }, filter: { state, source }, after, most: most + 1 };
  if (search === "") return pageOf(db, asked, await listIds(db, asked));
  // Whoever has a common name is among the next few; whoever has a rare one is one of a few people.
  const near = await walk(db, { ...asked, search, steps: firstSteps });
  if (near.found.length > most || !near.last) return pageOf(db, asked, near.found);
  const called = await findCalled(db, search, mostCalled);
  if (called) return pageOf(db, asked, await listIdsOf(db, { ...asked, called }));
  const steps = await countSteps(db, asked.scope);
  if (steps === firstSteps) return lookedThrough(await pageOf(db, asked, near.found), near.last, steps);
  const far = await walk(db, { ...asked, search, steps });
  if (far.found.length > most || !far.last) return pageOf(db, asked, far.found);
  return lookedThrough(await pageOf(db, asked, far.found), far.last, steps);
}

/** A page that ends where one stopped looking. */
const lookedThrough = (page: GrantPage, last: Found, steps: number): GrantPage => ({
  ...page,
  next: cursorOf(last),
  lookedThrough: steps,
});

/** How many grants fit a filter; more than 1,000 are counted as 1,001. */
export async function countGrants(
  db: Db,
  { state, source, ...scope }: GrantScope & GrantFilter,
): Promise<number> {
  const ids = grantIds({ scope, filter: { state, source }, most: mostCounted + 1 });
  const { rows } = await sql<{ many: number }>`
    select count(*)::int as many from (select from (${ids}) listed limit ${mostCounted + 1}) counted
  `.execute(db);
  return rows[0]!.many;
}

async function listIds(db: Db, asked: Asked): Promise<Found[]> {
  const { rows } = await sql<Found>`
    select id, ${atText} as at from (${firstGrantIds(asked)}) first ${orderOf(asked.filter)}
  `.execute(db);
  return rows;
}

/** Those among the next `steps` grants whose holder is called so; `last` is where to go on, undefined at the end of the list. */
async function walk(
  db: Db,
  { search, steps, ...asked }: Asked & { search: string; steps: number },
): Promise<{ found: Found[]; last: Found | undefined }> {
  const order = orderOf(asked.filter);
  const { rows } = await sql<Found & { kind: "found" | "last" }>`
    with near as materialized (${firstGrantIds({ ...asked, most: steps })}),
    found as materialized (
      select near.id, near.at from near cross join lateral (
        select from access_grants g join users u on u.id = g.user_id where g.id = near.id and ${isCalled(search)} limit 1
      ) person
      ${order} limit ${asked.most}
    ),
    last as (select id, at from near ${order} offset ${steps - 1} limit 1)
    select id, ${atText} as at, 'found' as kind from found
    union all
    select id, ${atText}, 'last' from last
  `.execute(db);
  const found = rows.filter(({ kind }) => kind === "found");
  return { found, last: rows.find(({ kind }) => kind === "last") };
}

/** Each pass of a space is looked into by itself: with many of them, fewer steps in each cost the same. */
async function countSteps(db: Db, { spaceId, passId }: GrantScope): Promise<number> {
  if (passId) return mostSteps;
  const { rows } = await sql<{ passes: number }>`
    select count(*)::int as passes from access_passes where space_id = ${spaceId}
  `.execute(db);
  const each = Math.floor((20 * mostSteps) / Math.max(1, rows[0]!.passes));
  return Math.min(mostSteps, Math.max(firstSteps, each));
}

/** The grants of some people. */
async function listIdsOf(db: Db, { called, ...asked }: Asked & { called: string[] }): Promise<Found[]> {
  const ids = grantIdsOf(sql`select unnest(${called}::uuid[]) as id`, asked);
  const { rows } = await sql<Found>`
    select id, ${atText} as at from (
      select id, at from (${ids}) listed ${orderOf(asked.filter)} limit ${asked.most}
    ) first ${orderOf(asked.filter)}
  `.execute(db);
  return rows;
}

async function pageOf(db: Db, { scope, most }: Asked, found: Found[]): Promise<GrantPage> {
  const shown = found.slice(0, most - 1);
  const last = shown.at(-1);
  const grants = await listGrantsById(db, { spaceId: scope.spaceId, ids: shown.map(({ id }) => id) });
  return { grants, next: found.length >= most && last ? cursorOf(last) : undefined };
}

const cursorOf = ({ id, at }: Found): GrantCursor => (at === null ? { id } : { id, at });
