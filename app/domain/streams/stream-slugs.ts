import { type Kysely, sql } from "kysely";
import { toSlug } from "#app/domain/text.ts";
import type { Database } from "#db/client.ts";

const mostInTitle = 60;

/** What of a title goes into its stream's address: whole words as long as they fit. */
export function slugOfTitle(title: string): string {
  const whole = toSlug(title, 400);
  if (whole.length <= mostInTitle) return whole || "stream";
  const cut = whole.slice(0, mostInTitle + 1);
  const word = cut.lastIndexOf("-");
  return word > mostInTitle / 2 ? cut.slice(0, word) : cut.slice(0, mostInTitle);
}

/** The title's slug if it is free, else with the number after the highest that the experience has of it: "critique", "critique-2". */
export async function findFreeSlug(
  db: Kysely<Database>,
  { experienceId, title }: { experienceId: string; title: string },
): Promise<string> {
  const base = slugOfTitle(title);
  // At most nine digits: an integer, and no title's own phone number.
  const { rows } = await sql<{ taken: boolean; highest: number }>`
    select coalesce(bool_or(slug = ${base}), false) as taken,
      coalesce(max(case when slug = ${base} then 1 else substr(slug, ${base.length + 2}::integer)::integer end), 1) as highest
    from streams
    where experience_id = ${experienceId}::uuid and (slug = ${base} or slug ~ ${`^${base}-[1-9][0-9]{0,8}$`})
  `.execute(db);
  const found = rows[0];
  return found?.taken ? `${base}-${found.highest + 1}` : base;
}
