import { randomUUID } from "node:crypto";
import { z } from "zod";
import { mostChatAfterMinutes, usualChatHours } from "#app/domain/chat/phase.ts";
import { leastMinutes, mostMinutes } from "#app/domain/schedule/length.ts";
import type { Plan } from "#app/domain/schedule/plan.ts";
import { planAt } from "#app/domain/schedule/plan-at.ts";
import { streamAsJson } from "#app/domain/streams/as-json.ts";
import { findStreamForHost } from "#app/domain/streams/find.ts";
import { findSpaceStream, listSpaceStreams, type SpaceStream } from "#app/domain/streams/of-space.ts";
import { cancelStream, findNow, insertStream, updateSchedule } from "#app/domain/streams/schedule.ts";
import type { Db } from "#db/client.ts";
import { answer, conflict, notFound, operation, type Outcome, unprocessable } from "./operation.ts";
import { id, instant, instantOut, line, listOf, pageOf, paging, text, zone } from "./pieces.ts";

const status = z.enum(["scheduled", "rehearsal", "live", "ended", "cancelled"]);
const chatBefore = z.enum(["never", "then", "always"]);

export const streamSchema = z
  .object({
    id,
    experience_id: id,
    title: z.string(),
    description: z.string(),
    status,
    starts_at: instantOut,
    time_zone: zone,
    length_minutes: z.int(),
    chat: z.object({ before: chatBefore, after_minutes: z.int() }),
    live_at: instantOut.nullable(),
    ended_at: instantOut.nullable(),
    ended_reason: z.enum(["host", "host_lost", "moderator"]).nullable(),
    cancelled_at: instantOut.nullable(),
    path: z.string().meta({ description: "Where people watch it, behind the address of Frontrow." }),
  })
  .meta({ id: "Stream", description: "One broadcast of an experience." });

const lengthMinutes = z.int().min(leastMinutes).max(mostMinutes);
const chat = z.strictObject({
  before: chatBefore.meta({ description: "`then`: half an hour before it starts." }),
  after_minutes: z.int().min(0).max(mostChatAfterMinutes),
});
const usualChat = { before: usualChatHours.before, after_minutes: usualChatHours.afterMinutes };
const words = {
  title: line(120, "The title"),
  description: text(5000, "The description"),
  starts_at: instant.meta({ description: "A whole minute, at most two years ahead." }),
  time_zone: zone,
  length_minutes: lengthMinutes,
};

const noStream = () => notFound("There is no such stream in this space.");

async function find(db: Db, ids: { spaceId: string; streamId: string }): Promise<Outcome> {
  const stream = await findSpaceStream(db, ids);
  return stream ? answer(streamAsJson(stream)) : noStream();
}

/** The fields of the schedule's form, as the API calls them. */
const pointers: Record<string, string> = { zone: "#/time_zone", length: "#/length_minutes" };

async function readPlan(
  db: Db,
  said: { starts_at: string; time_zone: string; length_minutes: number },
  kept?: Date,
): Promise<{ ok: true; plan: Plan } | { ok: false; refusal: Outcome }> {
  const { starts_at, time_zone: timeZone, length_minutes: lengthMinutes } = said;
  const clock = { now: await findNow(db), kept };
  const read = planAt({ startsAt: new Date(starts_at), timeZone, lengthMinutes }, clock);
  if (read.ok) return read;
  const errors = Object.entries(read.problems).map(([field, [detail = ""]]) => ({
    pointer: pointers[field] ?? "#/starts_at",
    detail,
  }));
  return { ok: false, refusal: unprocessable(...errors) };
}

export const streamOperations = [
  operation({
    name: "listStreams",
    method: "get",
    path: "/streams",
    scope: "streams:read",
    summary: "List streams, the one that was made last first",
    query: z.strictObject({ ...paging, experience_id: id.optional(), status: status.optional() }),
    answer: listOf(streamSchema),
    status: 200,
    refusals: [],
    async run({ db, caller, query }) {
      const { limit, cursor, experience_id: experienceId, status } = query;
      const of = { spaceId: caller.spaceId, experienceId, status, before: cursor, most: limit + 1 };
      return answer(pageOf<SpaceStream, unknown>(await listSpaceStreams(db, of), limit, streamAsJson));
    },
  }),
  operation({
    name: "getStream",
    method: "get",
    path: "/streams/{id}",
    scope: "streams:read",
    summary: "Get one stream",
    answer: streamSchema,
    status: 200,
    refusals: [404],
    run: ({ db, caller, id: streamId }) => find(db, { spaceId: caller.spaceId, streamId }),
  }),
  operation({
    name: "createStream",
    method: "post",
    path: "/streams",
    scope: "streams:write",
    summary: "Schedule a stream",
    body: z.strictObject({
      ...words,
      experience_id: id,
      description: words.description.default(""),
      chat: chat.default(usualChat),
    }),
    answer: streamSchema,
    status: 201,
    refusals: [422],
    async run({ db, caller, body }) {
      const { spaceId, userId } = caller;
      const read = await readPlan(db, body);
      if (!read.ok) return read.refusal;
      const scheduled = await insertStream(db, {
        userId,
        spaceId,
        experienceId: body.experience_id,
        formKey: randomUUID(),
        title: body.title,
        description: body.description,
        plan: read.plan,
        chat: { before: body.chat.before, afterMinutes: body.chat.after_minutes },
      });
      if (scheduled.ok) return find(db, { spaceId, streamId: scheduled.stream.id });
      return unprocessable({
        pointer: "#/experience_id",
        detail: "There is no such experience in this space, or it is retired.",
      });
    },
  }),
  operation({
    name: "changeStream",
    method: "patch",
    path: "/streams/{id}",
    scope: "streams:write",
    summary: "Change what a stream says and when it starts",
    description: "What is left out stays. Only until it goes live.",
    body: z.strictObject({
      title: words.title.optional(),
      description: words.description.optional(),
      starts_at: words.starts_at.optional(),
      time_zone: words.time_zone.optional(),
      length_minutes: words.length_minutes.optional(),
      chat: chat.optional(),
    }),
    answer: streamSchema,
    status: 200,
    refusals: [404, 409, 422],
    async run({ db, caller, id: streamId, body }) {
      const { spaceId, userId } = caller;
      if (!(await findSpaceStream(db, { spaceId, streamId }))) return noStream();
      const now = await findStreamForHost(db, { streamId, userId });
      if (!now) return noStream();
      const { starts_at: startsAt = now.startsAt.toISOString(), time_zone: timeZone = now.timeZone } = body;
      const { length_minutes: lengthMinutes = now.lengthMinutes } = body;
      let plan: Plan = {
        startsAt: now.startsAt,
        wallTime: now.wallTime,
        timeZone: now.timeZone,
        lengthMinutes,
      };
      if (body.starts_at !== undefined || body.time_zone !== undefined) {
        const said = { starts_at: startsAt, time_zone: timeZone, length_minutes: lengthMinutes };
        const read = await readPlan(db, said, now.startsAt);
        if (!read.ok) return read.refusal;
        plan = read.plan;
      }
      const saved = await updateSchedule(db, {
        streamId,
        userId,
        version: now.editVersion,
        title: body.title ?? now.title,
        description: body.description ?? now.description,
        plan,
        chat: {
          before: body.chat?.before ?? now.chatBefore,
          afterMinutes: body.chat?.after_minutes ?? now.chatAfterMinutes,
        },
      });
      if (saved.ok) return find(db, { spaceId, streamId });
      if (saved.reason === "closed")
        return conflict(`This stream is ${saved.status}: it cannot be changed any more.`);
      if (saved.reason === "saved_before")
        return conflict("Somebody changed this stream at the same moment. Read it again.");
      return noStream();
    },
  }),
  operation({
    name: "cancelStream",
    method: "post",
    path: "/streams/{id}/cancellation",
    scope: "streams:write",
    summary: "Cancel a stream before it has begun",
    body: z.strictObject({}),
    bodyOptional: true,
    answer: streamSchema,
    status: 200,
    refusals: [404, 409],
    async run({ db, queue, caller, id: streamId }) {
      const { spaceId, userId } = caller;
      if (!(await findSpaceStream(db, { spaceId, streamId }))) return noStream();
      const cancelled = await cancelStream(db, queue, { streamId, userId });
      if (cancelled.ok) return find(db, { spaceId, streamId });
      if (cancelled.reason === "closed")
        return conflict(`This stream is ${cancelled.status}: it cannot be cancelled.`);
      return noStream();
    },
  }),
];
