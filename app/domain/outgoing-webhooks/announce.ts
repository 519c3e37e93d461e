import { sql, type Transaction } from "kysely";
import { grantAsJson } from "#app/domain/grants/as-json.ts";
import { listGrantsOfSpaces } from "#app/domain/grants/of-space.ts";
import { findSpaceStream } from "#app/domain/streams/of-space.ts";
import { streamAsJson } from "#app/domain/streams/as-json.ts";
import { enqueueOnce, type Queue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";
import type { EventType } from "./event-types.ts";

type Trx = Transaction<Database>;
type Plain = Record<string, unknown>;

/**
 * Writes down what happened for the endpoints of a space that want to be told, with the jobs that tell them, in the
 * transaction of the change itself. `body` is asked only when there is such an endpoint: nothing is read or written
 * for a space without one.
 */
export async function announce(
  trx: Trx,
  queue: Queue,
  { spaceId, type, body }: { spaceId: string; type: EventType; body: () => Promise<Plain> },
): Promise<void> {
  const wanting = await trx
    .selectFrom("webhook_endpoints")
    .select("id")
    .where("space_id", "=", spaceId)
    .where("off_at", "is", null)
    .where(sql<boolean>`${type} = any(events)`)
    .execute();
  if (wanting.length === 0) return;
  const endpointIds = wanting.map(({ id }) => id);
  await insertMessages(trx, queue, { type, messages: [{ spaceId, body: await body() }], endpointIds });
}

/** Messages, a delivery of each to every one of these endpoints that is its space's and on, and a job for every endpoint. */
export async function insertMessages(
  trx: Trx,
  queue: Queue,
  {
    type,
    messages,
    endpointIds,
  }: { type: string; messages: { spaceId: string; body: Plain }[]; endpointIds: string[] },
): Promise<void> {
  // An endpoint that is removed or switched off at this moment is waited for, and left out.
  await sql`
    with told as (
      insert into webhook_messages (space_id, type, body, created_at)
      select "spaceId", ${type}, body, clock_timestamp()
      from jsonb_to_recordset(${JSON.stringify(messages)}::jsonb) as message ("spaceId" uuid, body jsonb)
      returning id, space_id
    ), wanting as (
      select id, space_id from webhook_endpoints where id = any(${endpointIds}::uuid[]) and off_at is null
      order by id for key share
    )
    insert into webhook_deliveries (message_id, endpoint_id, next_try_at)
    select told.id, wanting.id, clock_timestamp() from told join wanting on wanting.space_id = told.space_id
  `.execute(trx);
  // Five hundred grants that run out in one go are one job. Two who do this at once may wait for each other's: in one
  // order, so that they do not lock each other out.
  for (const endpointId of [...endpointIds].sort())
    await enqueueOnce(trx, queue, "webhook.deliver", { endpointId }, endpointId);
}

/** Tells that grants were made, changed or have ended: those of spaces that want to hear it. */
export async function announceGrants(
  trx: Trx,
  queue: Queue,
  { type, grantIds }: { type: "grant.created" | "grant.changed" | "grant.ended"; grantIds: string[] },
): Promise<void> {
  const { rows: wanting } = await sql<{ id: string; spaceId: string }>`
    select e.id, e.space_id as "spaceId" from webhook_endpoints e
    where e.off_at is null and ${type} = any(e.events) and e.space_id in (
      select p.space_id from access_grants g join access_passes p on p.id = g.access_pass_id
      where g.id = any(${grantIds}::uuid[]))
  `.execute(trx);
  if (wanting.length === 0) return;
  const spaceIds = wanting.map(({ spaceId }) => spaceId);
  const grants = await listGrantsOfSpaces(trx, { spaceIds, grantIds });
  const messages = grants.map((grant) => ({ spaceId: grant.spaceId, body: grantAsJson(grant) }));
  await insertMessages(trx, queue, { type, messages, endpointIds: wanting.map(({ id }) => id) });
}

/** Tells that a stream went live or ended. */
export async function announceStream(
  trx: Trx,
  queue: Queue,
  { type, streamId }: { type: "stream.live" | "stream.ended"; streamId: string },
): Promise<void> {
  const spaceId = await findSpaceOfStream(trx, streamId);
  await announce(trx, queue, {
    spaceId,
    type,
    body: async () => streamAsJson((await findSpaceStream(trx, { spaceId, streamId }))!),
  });
}

/** Tells that the replay of a stream is ready. */
export async function announceRecording(
  trx: Trx,
  queue: Queue,
  { recordingId, streamId }: { recordingId: string; streamId: string },
): Promise<void> {
  const body = async () => {
    const recording = await trx
      .selectFrom("streaming_recordings")
      .select(["id", "duration_ms", "ready_at"])
      .where("id", "=", recordingId)
      .executeTakeFirstOrThrow();
    return {
      id: recording.id,
      stream_id: streamId,
      duration_ms: recording.duration_ms,
      ready_at: recording.ready_at?.toISOString() ?? null,
    };
  };
  const spaceId = await findSpaceOfStream(trx, streamId);
  await announce(trx, queue, { spaceId, type: "recording.ready", body });
}

async function findSpaceOfStream(trx: Trx, streamId: string): Promise<string> {
  const { space_id } = await trx
    .selectFrom("streams as s")
    .innerJoin("experiences as e", "e.id", "s.experience_id")
    .select("e.space_id")
    .where("s.id", "=", streamId)
    .executeTakeFirstOrThrow();
  return space_id;
}
