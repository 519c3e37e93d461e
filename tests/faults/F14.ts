import { sql } from "kysely";
import { egressEvent, signWebhook } from "#tests/livekit-webhook.ts";
import { ago, insertPeople, unique } from "#tests/factories.ts";
import type { Tools } from "./fault.ts";

export const name = "F14";
export const title = "Webhook duplicated ×100, reordered, delayed 24 h";

/** One egress's course; each of its events is told a hundred times. */
const course = [
  { event: "egress_started" },
  { status: "EGRESS_ACTIVE" },
  { status: "EGRESS_ENDING" },
  { status: "EGRESS_COMPLETE", event: "egress_ended" },
] as const;

const orders = [
  ["in order", [0, 1, 2, 3]],
  ["backwards", [3, 2, 1, 0]],
  ["mixed", [2, 0, 3, 1]],
] as const;

export async function run({ web, db, env, say }: Tools): Promise<{ did: string; saw: string }> {
  const pair = { key: env.LIVEKIT_WEBHOOK_KEY ?? "", secret: env.LIVEKIT_WEBHOOK_SECRET ?? "" };
  const send = async (event: object) => {
    const body = JSON.stringify(event);
    const authorization = await signWebhook(body, pair);
    const answer = await fetch(`${web.url}/webhooks/livekit`, {
      method: "POST",
      body,
      headers: { "content-type": "application/webhook+json", authorization },
    });
    if (answer.status !== 200) throw new Error(`a webhook was answered ${answer.status}`);
  };
  const ids: string[] = [];
  let slowest = 0;

  for (const [how, order] of orders) {
    const { egress, recordingId } = await endedStream();
    for (const index of order) {
      const event = egressEvent({ ...egress, ...course[index]! });
      ids.push(event.id);
      const begun = performance.now();
      await Promise.all(Array.from({ length: 100 }, () => send(event)));
      slowest = Math.max(slowest, (performance.now() - begun) / 100);
    }
    await processed();
    const attempt = await db
      .selectFrom("streaming_recording_attempts")
      .select("status")
      .where("recording_id", "=", recordingId)
      .executeTakeFirstOrThrow();
    if (attempt.status !== "complete")
      throw new Error(`${how}: the attempt is ${attempt.status}, not complete`);
    say(`${how}: complete`);

    // A day later in the worker's queue: our intake took it in time, and it was worked on late.
    const late = egressEvent({ ...egress, status: "EGRESS_ACTIVE" });
    ids.push(late.id);
    await send(late);
    await sql`update webhook_events set received_at = received_at - interval '24 hours' where event_id = ${late.id}`.execute(
      db,
    );
    await processed();
    const after = await db
      .selectFrom("streaming_recording_attempts")
      .select("status")
      .where("recording_id", "=", recordingId)
      .executeTakeFirstOrThrow();
    if (after.status !== "complete")
      throw new Error(`${how}: a late word took the attempt back to ${after.status}`);
  }

  const { rows } = await sql<{ events: number; jobs: number }>`
    select (select count(*)::int from webhook_events where event_id = any(${ids})) as events,
      (select count(*)::int from pgboss.job where name = 'webhook.process' and data->>'eventId' = any(${ids})) as jobs
  `.execute(db);
  const { events, jobs } = rows[0]!;
  if (events !== ids.length || jobs !== ids.length)
    throw new Error(`${ids.length} events became ${events} rows and ${jobs} jobs`);
  return {
    did: `sent the course of an egress in ${orders.length} orders, each of its events 100 times at once, and one a day late`,
    saw: `each event stored and worked on once (${events} rows, ${jobs} jobs), every course complete, ${slowest.toFixed(1)} ms a delivery`,
  };

  /** A stream that is over, whose recorder has said nothing yet; nothing else in the edition works on its recording. */
  async function endedStream() {
    const { stream } = await insertPeople(db, { status: "ended" });
    const prefix = `recordings/${stream.id}/1/`;
    const { id: recordingId } = await db
      .insertInto("streaming_recordings")
      .values({ stream_id: stream.id, status: "failed", failed_at: ago("1 second"), reason: "A test's own." })
      .returning("id")
      .executeTakeFirstOrThrow();
    await db
      .insertInto("streaming_recording_attempts")
      .values({ recording_id: recordingId, number: 1, prefix, requested_at: ago("1 second") })
      .execute();
    return { recordingId, egress: { egressId: unique("EG"), roomName: stream.id, prefix } };
  }

  async function processed() {
    for (let tries = 0; tries < 300; tries++) {
      const { rows: waiting } = await sql`
        select 1 from webhook_events where event_id = any(${ids}) and processed_at is null limit 1`.execute(
        db,
      );
      if (waiting.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("webhooks were not worked on within 30 s");
  }
}
