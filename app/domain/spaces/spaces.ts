import { sql, type Transaction } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import { enforceAccessTo } from "../access/enforcement.ts";
import { cancelStreamsOf } from "../experiences/closing.ts";
import { toSlug } from "../text.ts";
import { isReservedForSpaces } from "./reserved.ts";

type Trx = Transaction<Database>;
export type SlugRefusal = { ok: false; reason: "reserved" | "taken"; slug: string; free: string | undefined };

/**
 * Starts a space: the space and its creator as its owner, in one transaction. Refuses an address that is reserved or
 * taken, with a free one that is like it. The same person asking twice for the same (a double click) gets the same space.
 */
export async function startSpace(
  db: Db,
  {
    userId,
    name,
    slug,
    description = "",
  }: { userId: string; name: string; slug: string; description?: string },
): Promise<{ ok: true; spaceId: string; slug: string } | SlugRefusal> {
  if (isReservedForSpaces(slug))
    return { ok: false, reason: "reserved", slug, free: await findFreeSlug(db, slug) };
  const started = await db.transaction().execute(async (trx) => {
    await lockSlugs(trx, [slug]);
    if (await isFormerSlug(trx, slug)) return undefined;
    const space = await trx
      .insertInto("spaces")
      .values({ slug, name, description, created_by: userId })
      .onConflict((conflict) => conflict.column("slug").doNothing())
      .returning(["id as spaceId", "slug"])
      .executeTakeFirst();
    if (!space) {
      return trx
        .selectFrom("spaces")
        .select(["id as spaceId", "slug"])
        .where("slug", "=", slug)
        .where("name", "=", name)
        .where("created_by", "=", userId)
        .where("retired_at", "is", null)
        .executeTakeFirst();
    }
    await trx
      .insertInto("space_members")
      .values({ space_id: space.spaceId, user_id: userId, role: "owner" })
      .execute();
    return space;
  });
  if (started) return { ok: true, ...started };
  return { ok: false, reason: "taken", slug, free: await findFreeSlug(db, slug) };
}

/** The address that a name suggests, free at this moment; undefined when nothing of the name can be in an address. */
export async function suggestSlug(db: Db, name: string): Promise<string | undefined> {
  const slug = toSlug(name, 44);
  return slug === "" ? undefined : findFreeSlug(db, slug);
}

/** `slug`, or `slug-2` … `slug-99`: the first that is neither reserved, taken nor somebody's old address. */
async function findFreeSlug(db: Db, slug: string): Promise<string | undefined> {
  const base = slug.slice(0, 44).replace(/-+$/, "");
  const names = [slug, ...Array.from({ length: 98 }, (_, index) => `${base}-${index + 2}`)];
  const possible = names.filter((name) => !isReservedForSpaces(name));
  if (possible.length === 0) return undefined;
  const { rows } = await sql<{ slug: string }>`
    select slug from spaces where slug = any(${possible})
    union all select slug from space_former_slugs where slug = any(${possible})
  `.execute(db);
  const taken = new Set(rows.map((row) => row.slug));
  return possible.find((name) => !taken.has(name));
}

/** A space that is not retired, for its team's own pages. */
export async function findSpace(db: Db, spaceId: string) {
  return db
    .selectFrom("spaces")
    .select(["id", "slug", "name", "description"])
    .where("id", "=", spaceId)
    .where("retired_at", "is", null)
    .executeTakeFirst();
}

/**
 * Changes a space's name, description and address. Its old address stays its own and leads on to the new one. Refuses
 * an address that is reserved or taken; `gone` when the space is retired.
 */
export async function updateSpace(
  db: Db,
  { spaceId, name, slug, description }: { spaceId: string; name: string; slug: string; description: string },
): Promise<{ ok: true; slug: string } | SlugRefusal | { ok: false; reason: "gone" }> {
  const current = await findSpace(db, spaceId);
  if (!current) return { ok: false, reason: "gone" };
  const moves = current.slug !== slug;
  if (moves && isReservedForSpaces(slug))
    return { ok: false, reason: "reserved", slug, free: await findFreeSlug(db, slug) };
  const outcome = await db.transaction().execute(async (trx) => {
    await lockSlugs(trx, [current.slug, slug]);
    if (moves && !(await moveIn(trx, { spaceId, slug }))) return "taken" as const;
    const updated = await trx
      .updateTable("spaces")
      .set({ name, slug, description, updated_at: sql`now()` })
      .where("id", "=", spaceId)
      .where("slug", "in", [current.slug, slug])
      .where("retired_at", "is", null)
      .returning("id")
      .executeTakeFirst();
    if (!updated) return "gone" as const;
    if (moves) {
      await trx
        .insertInto("space_former_slugs")
        .values({ slug: current.slug, space_id: spaceId })
        .onConflict((conflict) => conflict.column("slug").doNothing())
        .execute();
    }
    return "done" as const;
  });
  if (outcome === "done") return { ok: true, slug };
  if (outcome === "gone") return { ok: false, reason: "gone" };
  return { ok: false, reason: "taken", slug, free: await findFreeSlug(db, slug) };
}

/** Whether the space may be at `slug`; takes it out of the space's own old addresses. */
async function moveIn(trx: Trx, { spaceId, slug }: { spaceId: string; slug: string }): Promise<boolean> {
  const other = await trx
    .selectFrom("spaces")
    .select("id")
    .where("slug", "=", slug)
    .where("id", "!=", spaceId)
    .executeTakeFirst();
  if (other) return false;
  await trx
    .deleteFrom("space_former_slugs")
    .where("slug", "=", slug)
    .where("space_id", "=", spaceId)
    .execute();
  return !(await isFormerSlug(trx, slug));
}

async function isFormerSlug(trx: Trx, slug: string): Promise<boolean> {
  const row = await trx
    .selectFrom("space_former_slugs")
    .select("slug")
    .where("slug", "=", slug)
    .executeTakeFirst();
  return row !== undefined;
}

/** Addresses are unique over two tables, which no one constraint sees: who changes one holds its lock. */
async function lockSlugs(trx: Trx, slugs: string[]) {
  for (const slug of [...new Set(slugs)].sort()) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`space-slug:${slug}`}, 0))`.execute(trx);
  }
}

/** Where the space that was once at `slug` is now. */
export async function findMovedSpace(db: Db, slug: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("space_former_slugs as f")
    .innerJoin("spaces as s", "s.id", "f.space_id")
    .select("s.slug")
    .where("f.slug", "=", slug)
    .executeTakeFirst();
  return row?.slug;
}

/**
 * Retires a space for good: its pages are gone, its scheduled streams are cancelled, and nobody can watch anything of it
 * any more but its team. Refuses (`busy`, with the stream's title) while one of its streams is live or in rehearsal;
 * `gone` when it is already retired.
 */
export async function retireSpace(
  db: Db,
  queue: Queue,
  { spaceId }: { spaceId: string },
): Promise<{ ok: true } | { ok: false; reason: "gone" } | { ok: false; reason: "busy"; title: string }> {
  return db.transaction().execute(async (trx) => {
    const space = await trx
      .selectFrom("spaces")
      .select("id")
      .where("id", "=", spaceId)
      .where("retired_at", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (!space) return { ok: false, reason: "gone" };
    const experiences = await trx
      .selectFrom("experiences")
      .select("id")
      .where("space_id", "=", spaceId)
      .execute();
    const ids = experiences.map(({ id }) => id);
    const closed = await cancelStreamsOf(trx, ids);
    if (!closed.ok) return { ok: false, reason: "busy", title: closed.title };
    await trx
      .updateTable("spaces")
      .set({ retired_at: sql`now()` })
      .where("id", "=", spaceId)
      .execute();
    await enforceAccessTo(trx, queue, ids);
    return { ok: true };
  });
}

/** What a new space still needs, in its order: an experience, a pass that opens it, a stream. */
export async function findFirstSteps(db: Db, spaceId: string) {
  const { rows } = await sql<{ experience: boolean; pass: boolean; stream: boolean }>`
    select
      exists (select from experiences where space_id = ${spaceId} and retired_at is null) as experience,
      exists (select from access_passes where space_id = ${spaceId} and retired_at is null) as pass,
      exists (select from streams s join experiences e on e.id = s.experience_id where e.space_id = ${spaceId}) as stream
  `.execute(db);
  return rows[0]!;
}
