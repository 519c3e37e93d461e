import { sql, type Transaction } from "kysely";
import type { Database, Db } from "#db/client.ts";
import type { AccessAtExpiry, AccessPassTerm } from "#db/types.ts";
import { notifyStreamsOf } from "../experiences/closing.ts";
import { slugsFor } from "../spaces/slugs.ts";
import type { PassFields, Term } from "./terms.ts";

type Trx = Transaction<Database>;
export type PassRefusal = { ok: false; reason: "gone" | "past" | "foreign_experience" };

/** What a pass says about its length, as columns. */
type TermColumns = {
  term: AccessPassTerm;
  term_days: number | null;
  term_until: string | null;
  term_time_zone: string | null;
};

function columnsOf(term: Term): TermColumns {
  return {
    term: term.term,
    term_days: term.term === "days" ? term.days : null,
    term_until: term.term === "until" ? term.until : null,
    term_time_zone: term.term === "until" ? term.timeZone : null,
  };
}

/**
 * Makes a pass that opens experiences of its own space. Its address comes from its name and stays. Refuses an end that
 * is past by the database's clock, an experience that is not this space's or is retired, and a retired space.
 */
export async function insertPass(
  db: Db,
  { spaceId, fields }: { spaceId: string; fields: PassFields },
): Promise<{ ok: true; id: string; slug: string } | PassRefusal> {
  return db.transaction().execute(async (trx) => {
    // Key share: the space and its experiences cannot be retired between this look and the insert.
    const space = await trx
      .selectFrom("spaces")
      .select("id")
      .where("id", "=", spaceId)
      .where("retired_at", "is", null)
      .forShare()
      .executeTakeFirst();
    if (!space) return { ok: false, reason: "gone" };
    const refusal = await refuseFields(trx, { spaceId, fields });
    if (refusal) return refusal;
    for (const slug of slugsFor(fields.name, "pass")) {
      const { name, description, atExpiry, terms } = fields;
      const pass = await trx
        .insertInto("access_passes")
        .values({ space_id: spaceId, slug, name, description, at_expiry: atExpiry, ...columnsOf(terms) })
        .onConflict((conflict) => conflict.columns(["space_id", "slug"]).doNothing())
        .returning(["id", "slug"])
        .executeTakeFirst();
      if (!pass) continue;
      await openExperiences(trx, pass.id, fields.experiences);
      return { ok: true, ...pass };
    }
    return { ok: false, reason: "gone" };
  });
}

/**
 * Changes a pass. A new length counts for grants from now on; what the pass opens, and what its end does during a stream,
 * count at once for everybody who holds it. Refuses as `insertPass` does; `gone` also for a pass that is retired.
 */
export async function updatePass(
  db: Db,
  { spaceId, passId, fields }: { spaceId: string; passId: string; fields: PassFields },
): Promise<{ ok: true } | PassRefusal> {
  return db.transaction().execute(async (trx) => {
    const current = await trx
      .selectFrom("access_passes")
      .select(["id", "term_until", "at_expiry"])
      .where("id", "=", passId)
      .where("space_id", "=", spaceId)
      .where("retired_at", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (!current) return { ok: false, reason: "gone" };
    const kept =
      fields.terms.term === "until" && Date.parse(fields.terms.until) === current.term_until?.getTime();
    const refusal = await refuseFields(trx, { spaceId, fields, pastIsKept: kept });
    if (refusal) return refusal;
    const { name, description, atExpiry, terms, experiences } = fields;
    await trx
      .updateTable("access_passes")
      .set({ name, description, at_expiry: atExpiry, ...columnsOf(terms), updated_at: sql`now()` })
      .where("id", "=", passId)
      .execute();
    const closed = await trx
      .deleteFrom("access_pass_experiences as pe")
      .using("experiences as e")
      .whereRef("e.id", "=", "pe.experience_id")
      .where("pe.access_pass_id", "=", passId)
      .where("pe.experience_id", "not in", experiences)
      // A retired experience opens nothing and is not offered in the form: it is not taken out by leaving it out.
      .where("e.retired_at", "is", null)
      .returning("pe.experience_id")
      .execute();
    const opened = await openExperiences(trx, passId, experiences);
    const changed = [...closed.map((row) => row.experience_id), ...opened];
    await notifyStreamsOf(
      trx,
      current.at_expiry === atExpiry ? changed : [...new Set([...changed, ...experiences])],
    );
    return { ok: true };
  });
}

async function refuseFields(
  trx: Trx,
  { spaceId, fields, pastIsKept = false }: { spaceId: string; fields: PassFields; pastIsKept?: boolean },
): Promise<PassRefusal | undefined> {
  const ids = [...new Set(fields.experiences)];
  const own = await trx
    .selectFrom("experiences")
    .select("id")
    .where("id", "in", ids)
    .where("space_id", "=", spaceId)
    .where("retired_at", "is", null)
    .forShare()
    .execute();
  if (own.length !== ids.length) return { ok: false, reason: "foreign_experience" };
  if (fields.terms.term !== "until" || pastIsKept) return undefined;
  const { rows } = await sql<{ past: boolean }>`
    select ${fields.terms.until}::timestamptz <= clock_timestamp() as past
  `.execute(trx);
  return rows[0]?.past ? { ok: false, reason: "past" } : undefined;
}

async function openExperiences(trx: Trx, passId: string, experienceIds: string[]): Promise<string[]> {
  const rows = await trx
    .insertInto("access_pass_experiences")
    .values([...new Set(experienceIds)].map((id) => ({ access_pass_id: passId, experience_id: id })))
    .onConflict((conflict) => conflict.doNothing())
    .returning("experience_id")
    .execute();
  return rows.map((row) => row.experience_id);
}

/** Retires a pass: nobody gets it any more, and who holds it keeps it to its end. False when it is not this space's or already is. */
export async function retirePass(
  db: Db,
  { spaceId, passId }: { spaceId: string; passId: string },
): Promise<boolean> {
  const row = await db
    .updateTable("access_passes")
    .set({ retired_at: sql`now()`, updated_at: sql`now()` })
    .where("id", "=", passId)
    .where("space_id", "=", spaceId)
    .where("retired_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

export type TeamPass = {
  id: string;
  slug: string;
  name: string;
  description: string;
  term: AccessPassTerm;
  termDays: number | null;
  termUntil: Date | null;
  termTimeZone: string | null;
  atExpiry: AccessAtExpiry;
  retired: boolean;
  over: boolean;
  experiences: { id: string; slug: string; name: string }[];
  holders: number;
};

const teamPass = sql`
  p.id, p.slug, p.name, p.description, p.term, p.term_days as "termDays", p.term_until as "termUntil",
  p.term_time_zone as "termTimeZone", p.at_expiry as "atExpiry", p.retired_at is not null as retired,
  coalesce(p.term_until <= now(), false) as over,
  coalesce((
    select json_agg(json_build_object('id', e.id, 'slug', e.slug, 'name', e.name) order by e.created_at)
    from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
    where pe.access_pass_id = p.id
  ), '[]') as experiences,
  (
    select count(*)::int from access_grants g
    where g.access_pass_id = p.id and g.status = 'active' and (g.ends_at is null or g.ends_at > now())
  ) as holders
`;

/** The passes of a space for its team, those that are retired last. */
export async function listPasses(db: Db, spaceId: string): Promise<TeamPass[]> {
  const { rows } = await sql<TeamPass>`
    select ${teamPass} from access_passes p
    where p.space_id = ${spaceId} order by p.retired_at is not null, p.created_at
  `.execute(db);
  return rows;
}

/** One pass of this space, for its team. */
export async function findPass(
  db: Db,
  { spaceId, passId }: { spaceId: string; passId: string },
): Promise<TeamPass | undefined> {
  const { rows } = await sql<TeamPass>`
    select ${teamPass} from access_passes p where p.id = ${passId} and p.space_id = ${spaceId}
  `.execute(db);
  return rows[0];
}

/** Which space a pass belongs to, for finding out who may open its pages; undefined when there is no such pass. */
export async function findSpaceOfPass(db: Db, passId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("access_passes")
    .select("space_id")
    .where("id", "=", passId)
    .executeTakeFirst();
  return row?.space_id;
}
