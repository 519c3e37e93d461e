import { type RawBuilder, sql } from "kysely";
import type { AccessGrantSource, AccessGrantStatus } from "#db/types.ts";
import type { GrantState } from "./search-fields.ts";

/** All passes of a space, or one of them. */
export type GrantScope = { spaceId: string; passId?: string };
/** Without a state or source: whatever it is, and however they came to it. */
export type GrantFilter = { state?: GrantState; source?: AccessGrantSource };
/** The grant that a page ended with; `at` is its end (ISO, to the microsecond) in a list of what ends soon. */
export type GrantCursor = { id: string; at?: string };

/*
 * Lists of a million grants. Each is put together from the first few of every pass, status and source, which lie beside each
 * other in an index in the wanted order: what was not asked for is never read, however rare the rest is. `lateral` with a limit
 * keeps the planner from any other way.
 */

const passesIn = ({ spaceId, passId }: GrantScope) =>
  passId
    ? sql`(select id from access_passes where space_id = ${spaceId} and id = ${passId}) p`
    : sql`(select id from access_passes where space_id = ${spaceId}) p`;

const sourcesIn = ({ source }: GrantFilter) =>
  source
    ? sql`unnest(array[${source}::access_grant_source]) r (source)`
    : sql`unnest(enum_range(null::access_grant_source)) r (source)`;

const firstId = "00000000-0000-0000-0000-000000000000";
const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

export type Asked = { scope: GrantScope; filter: GrantFilter; after?: GrantCursor; most: number };

/** So many of each pass are read first. */
const firstOfEach = 8;

/**
 * The ids of the first grants (`id`, with `at` for the cursor where they stand by their end), in order. Already a few of each
 * of many passes are more than one wants: what stands behind as many of them is not read, which for most passes is the rest.
 */
export function firstGrantIds(asked: Asked): RawBuilder<unknown> {
  const order = orderOf(asked.filter);
  const few = grantIds({ ...asked, most: firstOfEach });
  return sql`
    with cut as materialized (
      select id, at from (${few}) listed ${order} offset ${asked.most - 1} limit 1
    )
    select id, at from (${grantIds(asked, { upTo: sql`cut` })}) listed ${order} limit ${asked.most}
  `;
}

/** The same, not in order yet. What stands behind the one row of `upTo` (`id`, `at`) is left out; without a row nothing is. */
export function grantIds(
  { scope, filter, after, most }: Asked,
  { upTo }: { upTo?: RawBuilder<unknown> } = {},
): RawBuilder<unknown> {
  const { state } = filter;
  const before = after?.id ?? lastId;
  const near = upTo ? sql`g.id >= coalesce((select id from ${upTo}), ${firstId}::uuid)` : sql`true`;
  const kind = (status: AccessGrantStatus, condition = sql`true`) => sql`
    select g.id, null::timestamptz as at from ${passesIn(scope)} cross join ${sourcesIn(filter)} cross join lateral (
      select g.id from access_grants g
      where g.access_pass_id = p.id and g.status = ${status}::access_grant_status and g.source = r.source
        and ${condition} and g.id < ${before}::uuid and ${near}
      order by g.id desc limit ${most}
    ) g
  `;
  if (state === "active") return kind("active", sql`(g.ends_at is null or g.ends_at > now())`);
  if (state === "cancelled" || state === "refunded") return kind(state);
  if (state === "ended")
    // What has run out and no worker has marked yet are the few of the last seconds.
    return sql`
      ${kind("expired")} union all
      select g.id, null::timestamptz from ${passesIn(scope)} cross join ${sourcesIn(filter)} cross join lateral (
        select g.id from access_grants g
        where g.access_pass_id = p.id and g.source = r.source and g.status = 'active' and g.ends_at <= now()
          and g.id < ${before}::uuid and ${near}
        offset 0
      ) g
    `;
  if (state === "ends_soon")
    return sql`
      select g.id, g.ends_at as at from ${passesIn(scope)} cross join ${sourcesIn(filter)} cross join lateral (
        select g.id, g.ends_at from access_grants g
        where g.access_pass_id = p.id and g.source = r.source and g.status = 'active'
          and g.ends_at > now() and g.ends_at <= now() + interval '7 days'
          and (g.ends_at, g.id) > (${after?.at ?? "-infinity"}::timestamptz, ${after?.at ? after.id : firstId}::uuid)
          and ${
            upTo
              ? sql`(g.ends_at, g.id) <= (
                  coalesce((select at from ${upTo}), 'infinity'), coalesce((select id from ${upTo}), ${lastId}::uuid))`
              : sql`true`
          }
        order by g.ends_at, g.id limit ${most}
      ) g
    `;
  if (filter.source)
    return sql.join(
      (["active", "expired", "cancelled", "refunded"] as const).map((status) => kind(status)),
      sql` union all `,
    );
  return sql`
    select g.id, null::timestamptz as at from ${passesIn(scope)} cross join lateral (
      select g.id from access_grants g where g.access_pass_id = p.id and g.id < ${before}::uuid and ${near}
      order by g.id desc limit ${most}
    ) g
  `;
}

/** The same question about one grant `g`. */
function isAsked({ filter, after }: Pick<Asked, "filter" | "after">): RawBuilder<boolean> {
  const { state, source } = filter;
  const states: Record<GrantState, RawBuilder<unknown>> = {
    active: sql`g.status = 'active' and (g.ends_at is null or g.ends_at > now())`,
    ended: sql`(g.status = 'expired' or (g.status = 'active' and g.ends_at <= now()))`,
    cancelled: sql`g.status = 'cancelled'`,
    refunded: sql`g.status = 'refunded'`,
    ends_soon: sql`
      g.status = 'active' and g.ends_at > now() and g.ends_at <= now() + interval '7 days'
      and (g.ends_at, g.id) > (${after?.at ?? "-infinity"}::timestamptz, ${after?.at ? after.id : firstId}::uuid)
    `,
  };
  return sql<boolean>`(
    ${state ? states[state] : sql`true`} and ${source ? sql`g.source = ${source}::access_grant_source` : sql`true`}
    and ${state === "ends_soon" ? sql`true` : sql`g.id < ${after?.id ?? lastId}::uuid`}
  )`;
}

/** The same of some people, of whom none has many; `people` gives their ids (`id`). */
export function grantIdsOf(people: RawBuilder<unknown>, { scope, ...asked }: Asked): RawBuilder<unknown> {
  const { spaceId, passId } = scope;
  return sql`
    select g.id, g.at from (${people}) person cross join lateral (
      select g.id, g.ends_at as at from access_grants g
      where g.user_id = person.id and ${isAsked(asked)}
        and exists (select from access_passes p where p.id = g.access_pass_id and p.space_id = ${spaceId})
        and ${passId ? sql`g.access_pass_id = ${passId}` : sql`true`}
      offset 0
    ) g
  `;
}

/** The order of a list of `id` and `at`: what ends next first, otherwise the newest. */
export const orderOf = ({ state }: GrantFilter) =>
  state === "ends_soon" ? sql`order by at, id` : sql`order by id desc`;

/** An instant as a cursor keeps it. */
export const atText = sql<string | null>`to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
