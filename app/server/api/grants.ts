import { z } from "zod";
import { giveGrant, type GiveRefusal } from "#app/domain/grants/gifts.ts";
import { grantAsJson } from "#app/domain/grants/as-json.ts";
import {
  cancelGrant,
  changeGrantEnd,
  type EndRefusal,
  refundGrant,
  restoreGrant,
  type RestoreRefusal,
} from "#app/domain/grants/grants.ts";
import { findSpaceGrant, listSpaceGrants, type SpaceGrant } from "#app/domain/grants/of-space.ts";
import {
  answer,
  type Asked,
  conflict,
  notFound,
  operation,
  type Outcome,
  unprocessable,
} from "./operation.ts";
import { email, id, instant, instantOut, line, listOf, pageOf, paging } from "./pieces.ts";

const status = z.enum(["active", "expired", "cancelled", "refunded"]);

export const grantSchema = z
  .object({
    id,
    pass_id: id,
    email: z.string().meta({ description: "The mail address of who holds it." }),
    status: status.meta({ description: "At this moment. `cancelled`: it was taken back." }),
    source: z.enum(["claim", "given", "request", "link"]),
    starts_at: instantOut,
    ends_at: instantOut.nullable().meta({ description: "Null: without an end." }),
    created_at: instantOut,
    status_changed_at: instantOut,
  })
  .meta({ id: "Grant", description: "What one person holds of a pass." });

const noGrant = () => notFound("There is no such grant in this space.");
const reason = line(500, "The reason", 0)
  .default("")
  .meta({ description: "It stands in the history of the grant, for your team." });
/** Of what ends a grant: the pass's page shows it to who held it. */
const toldTo = "Its holder reads it on the page of the pass.";
const reasonNeeded = line(500, "The reason").meta({ description: toldTo });
const reasonTold = line(500, "The reason", 0).default("").meta({ description: toldTo });

type Act = Asked<unknown, { reason: string }>;

/** Changes a grant of the caller's space by `change`, and answers with it as it is then. */
async function changed(
  { db, caller, id: grantId, body }: Act,
  change: (act: {
    spaceId: string;
    passId: string;
    grantId: string;
    actorId: string;
    reason: string;
  }) => Promise<Outcome | undefined>,
): Promise<Outcome> {
  const { spaceId, userId: actorId } = caller;
  const grant = await findSpaceGrant(db, { spaceId, grantId });
  if (!grant) return noGrant();
  const refused = await change({ spaceId, passId: grant.passId, grantId, actorId, reason: body.reason });
  return refused ?? find(db, { spaceId, grantId });
}

async function find(db: Act["db"], ids: { spaceId: string; grantId: string }): Promise<Outcome> {
  const grant = await findSpaceGrant(db, ids);
  return grant ? answer(grantAsJson(grant)) : noGrant();
}

const givenWords: Record<Exclude<GiveRefusal["reason"], "gone" | "too_many">, string> = {
  over: "This pass is past its last day.",
  disabled: "The account of this address is closed.",
  no_seat: "All seats of this pass are taken, kept or waited for.",
  held: "This person holds this pass already.",
};

const endWords: Record<Exclude<(EndRefusal | RestoreRefusal)["reason"], "gone">, string> = {
  status: "The status of this grant does not allow that.",
  past: "This end has passed.",
  before_start: "This end is before the beginning of the grant.",
  same: "This is the end that the grant has.",
  held: "This person holds another grant of this pass.",
  no_seat: "All seats of this pass are taken, kept or waited for.",
  needs_end: "The end of this grant has passed: give a new one, or null for none.",
};

function refuseEnd({ reason: why }: EndRefusal | RestoreRefusal): Outcome {
  if (why === "gone") return noGrant();
  const detail = endWords[why];
  if (why === "past" || why === "before_start" || why === "needs_end")
    return unprocessable({ pointer: "#/ends_at", detail });
  return conflict(detail);
}

export const grantOperations = [
  operation({
    name: "listGrants",
    method: "get",
    path: "/grants",
    scope: "grants:read",
    summary: "List grants, the newest first",
    query: z.strictObject({
      ...paging,
      pass_id: id.optional().meta({ description: "Only those of one pass." }),
      status: status.optional(),
      email: email.optional().meta({ description: "Only those of one mail address." }),
    }),
    answer: listOf(grantSchema),
    status: 200,
    refusals: [],
    async run({ db, caller, query }) {
      const { limit, cursor, pass_id, status, email } = query;
      const rows = await listSpaceGrants(db, {
        spaceId: caller.spaceId,
        passId: pass_id,
        status,
        email,
        before: cursor,
        most: limit + 1,
      });
      return answer(pageOf<SpaceGrant, unknown>(rows, limit, grantAsJson));
    },
  }),
  operation({
    name: "getGrant",
    method: "get",
    path: "/grants/{id}",
    scope: "grants:read",
    summary: "Get one grant",
    answer: grantSchema,
    status: 200,
    refusals: [404],
    run: ({ db, caller, id: grantId }) => find(db, { spaceId: caller.spaceId, grantId }),
  }),
  operation({
    name: "createGrant",
    method: "post",
    path: "/grants",
    scope: "grants:write",
    summary: "Give a pass to a mail address",
    description: "Whoever it is gets a mail about it; they need not have been here before.",
    body: z.strictObject({
      pass_id: id,
      email: email.meta({ example: "ada@example.com" }),
    }),
    answer: grantSchema,
    status: 201,
    refusals: [409, 422],
    async run({ db, queue, caller, body }) {
      const { spaceId, userId: grantedBy } = caller;
      const to = { spaceId, passId: body.pass_id, email: body.email, grantedBy };
      const given = await giveGrant(db, queue, to);
      if (given.ok) return find(db, { spaceId, grantId: given.grantId });
      if (given.reason === "gone")
        return unprocessable({
          pointer: "#/pass_id",
          detail: "There is no such pass in this space, or it is retired.",
        });
      if (given.reason === "too_many") {
        const detail = "This space has given a thousand passes in the last day. Go on tomorrow.";
        return { ok: false, problem: { kind: "too_many", detail, retryAfter: 3600 } };
      }
      return conflict(givenWords[given.reason]);
    },
  }),
  operation({
    name: "changeGrant",
    method: "patch",
    path: "/grants/{id}",
    scope: "grants:write",
    summary: "Give a grant another end",
    description: "What has run out becomes active again. Null means without an end.",
    body: z.strictObject({ ends_at: instant.nullable(), reason }),
    answer: grantSchema,
    status: 200,
    refusals: [404, 409, 422],
    run: (asked) =>
      changed(asked, async (grant) => {
        const ended = await changeGrantEnd(asked.db, asked.queue, { ...grant, endsAt: asked.body.ends_at });
        return ended.ok || ended.reason === "same" ? undefined : refuseEnd(ended);
      }),
  }),
  operation({
    name: "revokeGrant",
    method: "post",
    path: "/grants/{id}/revocation",
    scope: "grants:write",
    summary: "Take a grant back, at once",
    body: z.strictObject({ reason: reasonNeeded }),
    answer: grantSchema,
    status: 200,
    refusals: [404, 409],
    run: (asked) =>
      changed(asked, async (grant) =>
        (await cancelGrant(asked.db, asked.queue, grant))
          ? undefined
          : conflict("This grant was taken back or paid back before."),
      ),
  }),
  operation({
    name: "refundGrant",
    method: "post",
    path: "/grants/{id}/refund",
    scope: "grants:write",
    summary: "Mark that a grant was paid back, which ends it at once",
    description: "No money is moved by it.",
    body: z.strictObject({ reason: reasonTold }),
    bodyOptional: true,
    answer: grantSchema,
    status: 200,
    refusals: [404, 409],
    run: (asked) =>
      changed(asked, async (grant) =>
        (await refundGrant(asked.db, asked.queue, grant))
          ? undefined
          : conflict("This grant was paid back before."),
      ),
  }),
  operation({
    name: "restoreGrant",
    method: "post",
    path: "/grants/{id}/restoration",
    scope: "grants:write",
    summary: "Give back what was taken back or refunded, with the rest of its time",
    description: "Where its end has passed meanwhile, `ends_at` is needed; otherwise it is not read.",
    body: z.strictObject({ ends_at: instant.nullable().optional(), reason }),
    bodyOptional: true,
    answer: grantSchema,
    status: 200,
    refusals: [404, 409, 422],
    run: (asked) =>
      changed(asked, async (grant) => {
        const restored = await restoreGrant(asked.db, asked.queue, { ...grant, endsAt: asked.body.ends_at });
        return restored.ok ? undefined : refuseEnd(restored);
      }),
  }),
];
