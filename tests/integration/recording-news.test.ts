import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listParts } from "#app/domain/recordings/parts.ts";
import { stopRecording } from "#app/domain/recordings/recordings.ts";
import { unique } from "#tests/factories.ts";
import { egressEvent, signWebhook } from "#tests/livekit-webhook.ts";
import { takeJobs } from "#worker/jobs.ts";
import { schedule, startSchedule } from "#worker/schedule.ts";
import { startMachinesWeb } from "./machines-web.ts";
import {
  attemptRows,
  endStreamRow,
  exportRows,
  insertLiveRecording,
  recordingRow,
  segmentRows,
  segmentsOf,
  writeSegments,
} from "./recording-fixtures.ts";
import { type ScriptedEgress, startScriptedLiveKit } from "./scripted-livekit.ts";
import { openTestServices } from "./setup.ts";

/*
 * One story, told in three ways: a recorder is killed, the host of the next one is lost without a word, and the third one
 * ends with the stream. The worker's own jobs and tasks run; only what is announced differs.
 */

let livekit: Awaited<ReturnType<typeof startScriptedLiveKit>>;
let test: Awaited<ReturnType<typeof openTestServices>>;
let web: Awaited<ReturnType<typeof startMachinesWeb>>;
let tasks: ReturnType<typeof startSchedule>;
beforeAll(async () => {
  livekit = await startScriptedLiveKit();
  test = await openTestServices({
    env: { LIVEKIT_URL: livekit.url, LIVEKIT_EGRESS_URL: livekit.url },
    name: "worker",
  });
  web = await startMachinesWeb(test.services);
  await takeJobs(test.services);
  tasks = startSchedule(
    test.services,
    schedule.filter(({ name }) => name.startsWith("recordings.") || name === "webhooks.requeue"),
  );
});
afterAll(async () => {
  await tasks.stop();
  await web.close();
  await test.close();
  await livekit.close();
});

type News = { send(event: object): Promise<void>; settled(): Promise<void> };

async function deliver(event: object): Promise<void> {
  const body = JSON.stringify(event);
  const { webhookKey: key, webhookSecret: secret } = test.services.config.livekit;
  const authorization = await signWebhook(body, { key, secret });
  const headers = { "content-type": "application/webhook+json", authorization };
  // As LiveKit does: five times, while the answer is that it could not be stored.
  let status = 0;
  for (const at of [0, 1_000, 2_000, 4_000, 8_000]) {
    await pause(at);
    ({ status } = await fetch(`${web.url}/webhooks/livekit`, { method: "POST", body, headers }));
    if (status < 500) break;
  }
  expect(status).toBe(200);
}

/** Each of them waits for those that come after it, and then they come backwards, three times each. */
function backwards(): News {
  const waiting: object[] = [];
  const under = new Set<Promise<void>>();
  async function send(event: object) {
    waiting.push(event);
    await pause(700);
    const all = waiting.splice(0).reverse();
    for (const each of [...all, ...all, ...all]) await deliver(each);
  }
  return {
    async send(event) {
      const sending = send(event);
      under.add(sending);
      // Whether it was delivered is asked at the end.
      sending.then(
        () => under.delete(sending),
        () => undefined,
      );
    },
    settled: async () => void (await Promise.all(under)),
  };
}

const ways: Record<string, () => News> = {
  delivered: () => ({ send: deliver, settled: () => Promise.resolve() }),
  none: () => ({ send: () => Promise.resolve(), settled: () => Promise.resolve() }),
  "three times each and backwards": backwards,
};

/** Waits for what the worker does within 60 s of what it can know. */
async function within60<T>(
  words: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(100)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`not within 60 s: ${words}`);
}

async function tell(news: News): Promise<unknown> {
  const { services, db } = test;
  const begun = Date.now();
  const live = await insertLiveRecording(services);
  const { streamId, recordingId } = live;
  const segments = await segmentsOf("x264");
  const egress = (number: number) =>
    within60(`recorder ${number} is started`, () =>
      livekit.egresses.find(({ prefix }) => prefix === `recordings/${streamId}/${number}/`),
    );
  const says = async (of: ScriptedEgress, status: Status, event?: "egress_started" | "egress_ended") => {
    of.status = status;
    await news.send(
      egressEvent({
        ...of,
        status: status === "EGRESS_STARTING" ? undefined : status,
        event,
        error: of.error,
      }),
    );
  };
  const begins = async (number: number) => {
    const of = await egress(number);
    await says(of, "EGRESS_STARTING", "egress_started");
    await says(of, "EGRESS_ACTIVE");
    // The same between two of them each time, and nothing that cannot be: after it was asked for, and before now.
    await within60(`recorder ${number} is known to record`, async () =>
      (await attemptRows(db, recordingId)).some((each) => each.number === number && each.status === "active"),
    );
    await db
      .updateTable("streaming_recording_attempts")
      .set({ requested_at: new Date(begun - 120_000) })
      .where("recording_id", "=", recordingId)
      .where("number", "=", number)
      .execute();
    const startsAt = new Date(begun - 100_000 + number * 20_000);
    // As recorders do: when there are three, their playlist has been there for a while.
    for (const count of [2, segments.length])
      await writeSegments(services.storage, of.prefix, segments.slice(0, count), { startsAt });
    await within60(`the segments of recorder ${number} are verified`, async () => {
      const attempt = (await attemptRows(db, recordingId)).find((each) => each.number === number)!;
      const rows = await segmentRows(db, recordingId);
      return rows.filter(({ attempt_id }) => attempt_id === attempt.id).length === segments.length;
    });
    return of;
  };

  livekit.publishing.add(streamId);
  await news.send({ event: "track_published", id: unique("EV"), room: { name: streamId } });
  const killed = await begins(1);
  killed.error = "signal: killed";
  await says(killed, "EGRESS_FAILED", "egress_ended");
  await begins(2);
  const last = await begins(3);
  await endStreamRow(db, streamId);
  await db.transaction().execute((trx) => stopRecording(trx, services.queue, live));
  await within60("the last recorder is told to end", () => last.status === "EGRESS_ENDING");
  await says(last, "EGRESS_ENDING");
  await says(last, "EGRESS_COMPLETE", "egress_ended");
  await within60("the recording is ready, and its exports are made", async () => {
    const exports = await exportRows(db, recordingId);
    return exports.length === 3 && exports.every(({ status }) => status === "ready");
  });
  await news.settled();
  await pause(1500);
  return rowsOf(recordingId);
}

type Status =
  | "EGRESS_STARTING"
  | "EGRESS_ACTIVE"
  | "EGRESS_ENDING"
  | "EGRESS_COMPLETE"
  | "EGRESS_FAILED"
  | "EGRESS_ABORTED";

/** What is left of the story, without ids, instants, and who told first that the killed one was dead. */
async function rowsOf(recordingId: string) {
  const { db } = test;
  const { status, reason, duration_ms, bytes, width, height } = await recordingRow(db, recordingId);
  const attempts = await attemptRows(db, recordingId);
  const steps = await db
    .selectFrom("streaming_recording_steps")
    .select("step")
    .where("recording_id", "=", recordingId)
    .orderBy("step")
    .execute();
  return {
    recording: { status, reason, duration_ms, bytes, width, height },
    attempts: attempts.map(({ number, status, sealed_at, egress_id }) => ({
      number,
      status,
      sealed: sealed_at !== null,
      egress: egress_id !== null,
    })),
    parts: (await listParts(db, recordingId)).map(({ attempt, number, sha256, gapMs, discontinuity }) =>
      [attempt, number, sha256, gapMs, discontinuity].join(),
    ),
    steps: steps.map(({ step }) => step),
    exports: (await exportRows(db, recordingId)).map(({ kind, status, bytes }) => [kind, status, bytes]),
  };
}

it(
  "a recording comes to the same with all webhooks, with none, and with each of them three times and backwards",
  { timeout: 240_000 },
  async () => {
    const names = Object.keys(ways);
    const [all, none, mixed] = await Promise.all(names.map((name) => tell(ways[name]!())));
    expect(all).toMatchObject({
      recording: { status: "ready", duration_ms: 18_000 },
      attempts: [
        { number: 1, status: "failed", sealed: true, egress: true },
        { number: 2, status: "failed", sealed: true, egress: true },
        { number: 3, status: "complete", sealed: true, egress: true },
      ],
      steps: ["attempt 1", "attempt 2", "attempt 3"],
    });
    expect(none).toEqual(all);
    expect(mixed).toEqual(all);
  },
);
