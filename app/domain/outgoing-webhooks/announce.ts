import { sql, type Transaction } from "kysely";
import { grantAsJson } from "#app/domain/grants/as-json.ts";
import { findSpaceGrant } from "#app/domain/grants/of-space.ts";
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
  await insertMessage(trx, queue, { spaceId, type, body: await body(), endpointIds });
}

/** A message, a delivery of it to every endpoint, and a job for every endpoint. */
export async function insertMessage(
  trx: Trx,
  queue: Queue,
  { spaceId, type, body, endpointIds }: { spaceId: string; type: string; body: Plain; endpointIds: string[] },
): Promise<void> {
  // An endpoint that is removed at this moment is waited for, and left out.
  await sql`
    with told as (
      insert into webhook_messages (space_id, type, body, created_at)
      values (${spaceId}::uuid, ${type}, ${JSON.stringify(body)}::jsonb, clock_timestamp())
      returning id
    ), wanting as (
      select id from webhook_endpoints where id = any(${endpointIds}::uuid[]) for key share
    )
    insert into webhook_deliveries (message_id, endpoint_id, next_try_at)
    select told.id, wanting.id, clock_timestamp() from told cross join wanting
  `.execute(trx);
  // Five hundred grants that run out in one go are one job.
  for (const endpointId of endpointIds)
    await enqueueOnce(trx, queue, "webhook.deliver", { endpointId }, endpointId);
}

/** Tells that a grant was made, changed or has ended. */
export async function announceGrant(
  trx: Trx,
  queue: Queue,
  { type, grantId }: { type: "grant.created" | "grant.changed" | "grant.ended"; grantId: string },
): Promise<void> {
  const { space_id: spaceId } = await trx
    .selectFrom("access_grants as g")
    .innerJoin("access_passes as p", "p.id", "g.access_pass_id")
    .select("p.space_id")
    .where("g.id", "=", grantId)
    .executeTakeFirstOrThrow();
  await announce(trx, queue, {
    spaceId,
    type,
    body: async () => grantAsJson((await findSpaceGrant(trx, { spaceId, grantId }))!),
  });
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
