import { sql, type Transaction } from "kysely";
import { grantAsJson } from "#app/domain/grants/as-json.ts";
import { listGrantsById } from "#app/domain/grants/of-space.ts";
import { findSpaceStream } from "#app/domain/streams/of-space.ts";
import { streamAsJson } from "#app/domain/streams/as-json.ts";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";
import type { EventType } from "./event-types.ts";

type Trx = Transaction<Database>;
type Plain = Record<string, unknown>;

/**
 * Writes down what happened for the endpoints of a space that want to be told, with the jobs that tell them, in the
 * transaction of the change itself. `bodies` is asked only when there is such an endpoint: nothing is read or written
 * for a space without one.
 */
export async function announce(
  trx: Trx,
  queue: Queue,
  { spaceId, type, bodies }: { spaceId: string; type: EventType; bodies: () => Promise<Plain[]> },
): Promise<void> {
  const wanting = await trx
    .selectFrom("webhook_endpoints")
    .select("id")
    .where("space_id", "=", spaceId)
    .where("off_at", "is", null)
    .where(sql<boolean>`${type} = any(events)`)
    .execute();
  if (wanting.length === 0) return;
  const told = await bodies();
  if (told.length === 0) return;
  await insertMessages(trx, queue, { spaceId, type, bodies: told, endpointIds: wanting.map(({ id }) => id) });
}

/** One message for each body, a delivery of each to every endpoint, and a job for every endpoint. */
export async function insertMessages(
  trx: Trx,
  queue: Queue,
  {
    spaceId,
    type,
    bodies,
    endpointIds,
  }: { spaceId: string; type: string; bodies: Plain[]; endpointIds: string[] },
): Promise<void> {
  // An endpoint that is removed at this moment is waited for, and left out.
  await sql`
    with told as (
      insert into webhook_messages (space_id, type, body, created_at)
      select ${spaceId}::uuid, ${type}, body, clock_timestamp()
      from unnest(${bodies.map((body) => JSON.stringify(body))}::jsonb[]) as body
      returning id
    ), wanting as (
      select id from webhook_endpoints where id = any(${endpointIds}::uuid[]) for key share
    )
    insert into webhook_deliveries (message_id, endpoint_id, next_try_at)
    select told.id, wanting.id, clock_timestamp() from told cross join wanting
  `.execute(trx);
  for (const endpointId of endpointIds) await enqueue(trx, queue, "webhook.deliver", { endpointId });
}

/** Tells that grants were made, changed or have ended; they may be of several spaces. */
export async function announceGrants(
  trx: Trx,
  queue: Queue,
  { type, grantIds }: { type: "grant.created" | "grant.changed" | "grant.ended"; grantIds: string[] },
): Promise<void> {
  if (grantIds.length === 0) return;
  const { rows } = await sql<{ spaceId: string; ids: string[] }>`
    select p.space_id as "spaceId", array_agg(g.id order by g.id) as ids
    from access_grants g join access_passes p on p.id = g.access_pass_id
    where g.id = any(${grantIds}::uuid[]) group by p.space_id
  `.execute(trx);
  for (const { spaceId, ids } of rows) {
    const bodies = async () => (await listGrantsById(trx, { spaceId, grantIds: ids })).map(grantAsJson);
    await announce(trx, queue, { spaceId, type, bodies });
  }
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
    bodies: async () => {
      const stream = await findSpaceStream(trx, { spaceId, streamId });
      return stream ? [streamAsJson(stream)] : [];
    },
  });
}

/** Tells that the replay of a stream is ready. */
export async function announceRecording(
  trx: Trx,
  queue: Queue,
  { recordingId, streamId }: { recordingId: string; streamId: string },
): Promise<void> {
  const bodies = async () => {
    const recording = await trx
      .selectFrom("streaming_recordings")
      .select(["id", "duration_ms", "ready_at"])
      .where("id", "=", recordingId)
      .executeTakeFirstOrThrow();
    return [
      {
        id: recording.id,
        stream_id: streamId,
        duration_ms: recording.duration_ms,
        ready_at: recording.ready_at?.toISOString() ?? null,
      },
    ];
  };
  const spaceId = await findSpaceOfStream(trx, streamId);
  await announce(trx, queue, { spaceId, type: "recording.ready", bodies });
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
