import { sql, type Transaction } from "kysely";
import type { Database, Db } from "#db/client.ts";
import type { Queue } from "#app/jobs/queue.ts";
import { enforceAccessTo } from "../access/enforcement.ts";
import { slugsFor } from "../spaces/slugs.ts";
import type { PassFields } from "./fields.ts";
import { wakeOffers } from "./seats.ts";

type Trx = Transaction<Database>;
export type PassRefusal = {
  ok: false;
  reason: "gone" | "past" | "sale_past" | "unknown_zone" | "foreign_experience";
};

/** What the form says, as columns. */
function columnsOf({ name, description, atExpiry, terms, ...fields }: PassFields) {
  return {
    name,
    description,
    at_expiry: atExpiry,
    term: terms.term,
    term_days: terms.term === "days" ? terms.days : null,
    term_months: terms.term === "months" ? terms.months : null,
    term_until: terms.term === "until" ? terms.until : null,
    term_time_zone: fields.timeZone,
    price_minor: fields.priceMinor,
    currency: fields.currency,
    stock: fields.stock,
    most_devices: fields.devices,
    sale_starts_at: fields.sale.startsAt,
    sale_ends_at: fields.sale.endsAt,
    on_sale: fields.onSale,
  };
}

/**
 * Makes a pass that opens experiences of its own space. Its address comes from its name and stays. Refuses an end of the
 * pass (`past`) or of its sale (`sale_past`) that is past by the database's clock, a zone that the database does not know,
 * an experience that is not this space's or is retired, and a retired space.
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
      const pass = await trx
        .insertInto("access_passes")
        .values({ space_id: spaceId, slug, ...columnsOf(fields) })
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
 * Changes a pass. A new length and price count for grants from now on; what the pass opens, and what its end does during
 * a stream, count at once for everybody who holds it. On fewer devices at once, those that watch go on, and the next one
 * is asked which to end. A stock below what is held takes nothing away, a larger one is
 * offered to who waits. Refuses as `insertPass` does, but lets an end stay that is past; `gone` also for a pass that is
 * retired.
 */
export async function updatePass(
  db: Db,
  queue: Queue,
  { spaceId, passId, fields }: { spaceId: string; passId: string; fields: PassFields },
): Promise<{ ok: true } | PassRefusal> {
  return db.transaction().execute(async (trx) => {
    const current = await trx
      .selectFrom("access_passes")
      .select(["id", "term_until", "sale_ends_at", "at_expiry"])
      .where("id", "=", passId)
      .where("space_id", "=", spaceId)
      .where("retired_at", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (!current) return { ok: false, reason: "gone" };
    const kept = { until: current.term_until, saleEnd: current.sale_ends_at };
    const refusal = await refuseFields(trx, { spaceId, fields, kept });
    if (refusal) return refusal;
    const { atExpiry, experiences } = fields;
    await trx
      .updateTable("access_passes")
      .set({ ...columnsOf(fields), updated_at: sql`now()` })
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
    await enforceAccessTo(
      trx,
      queue,
      current.at_expiry === atExpiry ? changed : [...changed, ...experiences],
    );
    await wakeOffers(trx, queue, passId);
    return { ok: true };
  });
}

type Kept = { until: Date | null; saleEnd: Date | null };

async function refuseFields(
  trx: Trx,
  { spaceId, fields, kept }: { spaceId: string; fields: PassFields; kept?: Kept },
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
  const { terms, sale, timeZone } = fields;
  const until = terms.term === "until" ? terms.until : null;
  const { rows } = await sql<{ past: boolean; salePast: boolean; zone: boolean }>`
    select coalesce(${until}::timestamptz <= clock_timestamp(), false) as past,
      coalesce(${sale.endsAt}::timestamptz <= clock_timestamp(), false) as "salePast",
      -- Months are counted by the database, which may know fewer zones than we do.
      exists (select from pg_timezone_names where lower(name) = lower(${timeZone})) as zone
  `.execute(trx);
  const found = rows[0]!;
  if (terms.term === "months" && !found.zone) return { ok: false, reason: "unknown_zone" };
  const same = (typed: string | null, was?: Date | null) =>
    typed !== null && Date.parse(typed) === was?.getTime();
  if (found.past && !same(until, kept?.until)) return { ok: false, reason: "past" };
  if (found.salePast && !same(sale.endsAt, kept?.saleEnd)) return { ok: false, reason: "sale_past" };
  return undefined;
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

/** Which space a pass belongs to, for finding out who may open its pages; undefined when there is no such pass. */
export async function findSpaceOfPass(db: Db, passId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("access_passes")
    .select("space_id")
    .where("id", "=", passId)
    .executeTakeFirst();
  return row?.space_id;
}
