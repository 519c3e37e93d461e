import { z } from "zod";
import { passAsJson } from "#app/domain/passes/as-json.ts";
import { mostDevices, mostStock, type PassFields, usualDevices } from "#app/domain/passes/fields.ts";
import { findSpacePass, listSpacePasses, type SpacePass } from "#app/domain/passes/of-space.ts";
import { insertPass, type PassRefusal, retirePass, updatePass } from "#app/domain/passes/passes.ts";
import { currencies, mostPriceMinor } from "#app/domain/passes/prices.ts";
import { mostDays, mostMonths, type Term, zoneUnknown } from "#app/domain/passes/terms.ts";
import { normalizeZone } from "#app/domain/schedule/zones.ts";
import type { Db } from "#db/client.ts";
import { answer, conflict, notFound, operation, type Outcome, unprocessable } from "./operation.ts";
import { id, instant, instantOut, line, listOf, pageOf, paging, text, zone } from "./pieces.ts";

const atExpiry = z.enum(["finish", "cut"]).meta({
  description: "When it ends during a stream: who watches stays to the stream's end, or not.",
});

export const passSchema = z
  .object({
    id,
    name: z.string(),
    description: z.string(),
    price: z.object({ amount_minor: z.int(), currency: z.string() }).meta({
      description: "In the smallest unit of the currency: 1250 is EUR 12.50.",
    }),
    stock: z
      .int()
      .nullable()
      .meta({ description: "How many may hold it at once; null: as many as want to." }),
    sale: z.object({ open: z.boolean(), starts_at: instantOut.nullable(), ends_at: instantOut.nullable() }),
    term: z.union([
      z.object({ kind: z.literal("open") }),
      z.object({ kind: z.literal("days"), days: z.int() }),
      z.object({ kind: z.literal("months"), months: z.int(), time_zone: z.string() }),
      z.object({ kind: z.literal("until"), until: instantOut, time_zone: z.string() }),
    ]),
    at_expiry: atExpiry,
    devices_at_once: z
      .int()
      .meta({ description: "On how many devices one person can watch at the same time." }),
    experience_ids: z.array(id),
    holders: z.int().meta({
      description: "How many hold it now, counted up to 10000; with a stock, up to 10000 more than that.",
    }),
    created_at: instantOut,
    retired_at: instantOut.nullable(),
    path: z.string().meta({ description: "Its page, behind the address of Frontrow." }),
  })
  .meta({ id: "Pass", description: "The product: what it opens, for how long." });

const knownZone = zone
  .refine((name) => normalizeZone(name) !== undefined, zoneUnknown)
  .transform((name) => normalizeZone(name) ?? name);

const term = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("open") }),
    z.strictObject({ kind: z.literal("days"), days: z.int().min(1).max(mostDays) }),
    z.strictObject({
      kind: z.literal("months"),
      months: z.int().min(1).max(mostMonths),
      time_zone: knownZone,
    }),
    z.strictObject({ kind: z.literal("until"), until: instant, time_zone: knownZone }),
  ])
  .meta({
    description: "Without end, some days, some months of the calendar, or until an instant for everybody.",
  });

const fields = {
  name: line(80, "The name"),
  description: text(5000, "The description"),
  experience_ids: z.array(id).min(1, "A pass opens at least one experience.").max(200),
  term,
  at_expiry: atExpiry,
  devices_at_once: z
    .int()
    .min(1)
    .max(mostDevices)
    .meta({ description: "On how many devices one person can watch at the same time." }),
  price: z.strictObject({
    amount_minor: z.int().min(0).max(mostPriceMinor).meta({ description: "0 is free." }),
    currency: z.enum(currencies),
  }),
  stock: z.int().min(0).max(mostStock).nullable(),
  sale: z.strictObject({
    open: z.boolean(),
    starts_at: instant.nullable(),
    ends_at: instant.nullable(),
  }),
};

type Sent = { [Name in keyof typeof fields]: z.output<(typeof fields)[Name]> };

const noPass = () => notFound("There is no such pass in this space.");

async function find(db: Db, ids: { spaceId: string; passId: string }): Promise<Outcome> {
  const pass = await findSpacePass(db, ids);
  return pass ? answer(passAsJson(pass)) : noPass();
}

function toTerm(sent: Sent["term"]): Term {
  if (sent.kind === "days") return { term: "days", days: sent.days };
  if (sent.kind === "months") return { term: "months", months: sent.months, timeZone: sent.time_zone };
  if (sent.kind === "until") return { term: "until", until: sent.until, timeZone: sent.time_zone };
  return { term: "open" };
}

/** What is sent, in the words of the domain. `timeZone` is for a pass whose term needs none. */
function toFields(sent: Sent, timeZone = "UTC"): PassFields {
  const terms = toTerm(sent.term);
  return {
    name: sent.name,
    description: sent.description,
    experiences: sent.experience_ids,
    terms,
    timeZone: "timeZone" in terms ? terms.timeZone : timeZone,
    atExpiry: sent.at_expiry,
    priceMinor: sent.price.amount_minor,
    currency: sent.price.currency,
    stock: sent.stock,
    devices: sent.devices_at_once,
    sale: { startsAt: sent.sale.starts_at, endsAt: sent.sale.ends_at },
    onSale: sent.sale.open,
  };
}

/** What the domain takes as checked by its form. */
function refuseSale({ sale: { starts_at, ends_at } }: Sent): Outcome | undefined {
  if (!starts_at || !ends_at || Date.parse(starts_at) < Date.parse(ends_at)) return undefined;
  return unprocessable({ pointer: "#/sale/ends_at", detail: "The sale ends before it begins." });
}

function refusePass({ reason }: PassRefusal): Outcome {
  if (reason === "gone") return conflict("This pass is retired: it cannot be changed any more.");
  if (reason === "past") return unprocessable({ pointer: "#/term/until", detail: "This end has passed." });
  if (reason === "sale_past")
    return unprocessable({ pointer: "#/sale/ends_at", detail: "This end has passed." });
  if (reason === "unknown_zone") return unprocessable({ pointer: "#/term/time_zone", detail: zoneUnknown });
  return unprocessable({
    pointer: "#/experience_ids",
    detail: "One of these is not an experience of this space, or is retired.",
  });
}

export const passOperations = [
  operation({
    name: "listPasses",
    method: "get",
    path: "/passes",
    scope: "passes:read",
    summary: "List passes, the newest first",
    query: z.strictObject({
      ...paging,
      retired: z
        .enum(["true", "false"])
        .optional()
        .meta({ description: "Only those that are retired, or are not." }),
    }),
    answer: listOf(passSchema),
    status: 200,
    refusals: [],
    async run({ db, caller, query }) {
      const { limit, cursor } = query;
      const retired = query.retired === undefined ? undefined : query.retired === "true";
      const of = { spaceId: caller.spaceId, retired, before: cursor, most: limit + 1 };
      return answer(pageOf<SpacePass, unknown>(await listSpacePasses(db, of), limit, passAsJson));
    },
  }),
  operation({
    name: "getPass",
    method: "get",
    path: "/passes/{id}",
    scope: "passes:read",
    summary: "Get one pass",
    answer: passSchema,
    status: 200,
    refusals: [404],
    run: ({ db, caller, id: passId }) => find(db, { spaceId: caller.spaceId, passId }),
  }),
  operation({
    name: "createPass",
    method: "post",
    path: "/passes",
    scope: "passes:write",
    summary: "Make a pass",
    body: z.strictObject({
      ...fields,
      description: fields.description.default(""),
      at_expiry: fields.at_expiry.default("finish"),
      devices_at_once: fields.devices_at_once.default(usualDevices),
      price: fields.price.default({ amount_minor: 0, currency: "EUR" }),
      stock: fields.stock.default(null),
      sale: fields.sale.default({ open: true, starts_at: null, ends_at: null }),
    }),
    answer: passSchema,
    status: 201,
    refusals: [422],
    async run({ db, caller: { spaceId }, body }) {
      const refused = refuseSale(body);
      if (refused) return refused;
      const made = await insertPass(db, { spaceId, fields: toFields(body) });
      return made.ok ? find(db, { spaceId, passId: made.id }) : refusePass(made);
    },
  }),
  operation({
    name: "changePass",
    method: "patch",
    path: "/passes/{id}",
    scope: "passes:write",
    summary: "Change a pass",
    description:
      "What is left out stays. A new term and price count for grants from now on; what the pass opens counts at once.",
    body: z.strictObject(fields).partial(),
    answer: passSchema,
    status: 200,
    refusals: [404, 409, 422],
    async run({ db, queue, caller: { spaceId }, id: passId, body }) {
      const now = await findSpacePass(db, { spaceId, passId, forUpdate: true });
      if (!now) return noPass();
      const { term, ...kept } = passAsJson(now);
      // What stands in our rows has passed these rules before.
      const sent = { ...kept, term: term as Sent["term"], ...body } as Sent;
      const refused = refuseSale(sent);
      if (refused) return refused;
      if (sent.experience_ids.length === 0) {
        const detail = "All experiences of this pass are retired: say which it opens now.";
        return unprocessable({ pointer: "#/experience_ids", detail });
      }
      const saved = await updatePass(db, queue, {
        spaceId,
        passId,
        fields: toFields(sent, now.termTimeZone ?? "UTC"),
      });
      return saved.ok ? find(db, { spaceId, passId }) : refusePass(saved);
    },
  }),
  operation({
    name: "retirePass",
    method: "post",
    path: "/passes/{id}/retirement",
    scope: "passes:write",
    summary: "Retire a pass, for good",
    description: "Nobody gets it any more; who holds it keeps it to its end.",
    body: z.strictObject({}),
    bodyOptional: true,
    answer: passSchema,
    status: 200,
    refusals: [404],
    async run({ db, caller: { spaceId }, id: passId }) {
      await retirePass(db, { spaceId, passId });
      return find(db, { spaceId, passId });
    },
  }),
];
