import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";
import { isOffered } from "../passes/seats.ts";
import { isShown } from "../recordings/shown.ts";
import { isNotOverdue } from "../streams/overdue.ts";
import { xml } from "./text.ts";

/** So many addresses are in one file: fifty thousand may be, and a file is made in one go. */
const perFile = 5_000;

export type Sitemapped = { path: string; changedAt: Date };

/**
 * Every address that is worth being found: spaces, experiences, passes that are offered, people who host, and streams that
 * come up, are live, have a replay, or were cancelled before they were to begin. Nothing retired, hidden or deleted, and
 * nothing that only some may know.
 */
const everyAddress = sql`
  select 1 as kind, sp.id, '/' || sp.slug as path, sp.updated_at as changed_at
  from spaces sp
  where sp.retired_at is null
  union all
  select 2, e.id, '/' || sp.slug || '/' || e.slug, e.updated_at
  from experiences e
  join spaces sp on sp.id = e.space_id and sp.retired_at is null
  where e.retired_at is null
  union all
  select 3, p.id, '/' || s.slug || '/passes/' || p.slug, p.updated_at
  from access_passes p
  join spaces s on s.id = p.space_id
  where ${isOffered}
  union all
  select 4, c.user_id, '/@' || c.username, c.created_at
  from creators_profiles c
  join users u on u.id = c.user_id and u.disabled_at is null
  where exists (
    select from space_members m
    join spaces sp on sp.id = m.space_id and sp.retired_at is null
    where m.user_id = c.user_id and m.role in ('owner', 'host')
  )
  union all
  select 5, s.id, '/' || sp.slug || '/' || e.slug || '/streams/' || s.slug,
    greatest(coalesce(s.edited_at, s.created_at), s.live_at, s.ended_at)
  from streams s
  join experiences e on e.id = s.experience_id and e.retired_at is null
  join spaces sp on sp.id = e.space_id and sp.retired_at is null
  where s.status = 'live'
    or (s.status in ('scheduled', 'rehearsal', 'cancelled') and ${isNotOverdue})
    or (s.status = 'ended' and exists (
      select from streaming_recordings r where r.stream_id = s.id and ${isShown()}
    ))
`;

/** Each file of the sitemap with its number, from 1, and when something in it changed last. */
export async function listSitemapFiles(db: Kysely<Database>): Promise<{ number: number; changedAt: Date }[]> {
  const { rows } = await sql<{ number: number; changedAt: Date }>`
    select number, max(changed_at) as "changedAt"
    from (
      select ((row_number() over (order by kind, id) - 1) / ${perFile}::int + 1)::int as number, changed_at
      from (${everyAddress}) a
    ) numbered
    group by number order by number
  `.execute(db);
  return rows;
}

/** The addresses of one file. */
export async function listSitemapped(db: Kysely<Database>, number: number): Promise<Sitemapped[]> {
  const { rows } = await sql<Sitemapped>`
    select path, changed_at as "changedAt" from (${everyAddress}) a
    order by kind, id
    limit ${perFile} offset ${(number - 1) * perFile}
  `.execute(db);
  return rows;
}

const head = '<?xml version="1.0" encoding="UTF-8"?>';
const schema = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"';

/** The list of the files. `publicUrl` has no slash at its end. */
export function writeSitemapIndex(files: { number: number; changedAt: Date }[], publicUrl: string): string {
  // The front page and the list of what is on are in the first file, which is there without any space, too.
  const listed = files.length > 0 ? files : [{ number: 1, changedAt: undefined }];
  const entries = listed.map(
    ({ number, changedAt }) =>
      `<sitemap><loc>${xml(`${publicUrl}/sitemap-${number}.xml`)}</loc>${lastmod(changedAt)}</sitemap>`,
  );
  return [head, `<sitemapindex ${schema}>`, ...entries, "</sitemapindex>", ""].join("\n");
}

/** One of the files; the first one begins with what is no space's. */
export function writeSitemap(
  addresses: Sitemapped[],
  { number, publicUrl }: { number: number; publicUrl: string },
) {
  const ours = number === 1 ? ["/", "/explore"].map((path) => ({ path, changedAt: undefined })) : [];
  const entries = [...ours, ...addresses].map(
    ({ path, changedAt }) => `<url><loc>${xml(publicUrl + path)}</loc>${lastmod(changedAt)}</url>`,
  );
  return [head, `<urlset ${schema}>`, ...entries, "</urlset>", ""].join("\n");
}

const lastmod = (changedAt: Date | undefined) =>
  changedAt ? `<lastmod>${changedAt.toISOString()}</lastmod>` : "";
