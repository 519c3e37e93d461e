import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { takeAnnouncement } from "#app/domain/recordings/attempts.ts";
import { verifyLiveSegments } from "#app/domain/recordings/live.ts";
import { startRecording } from "#app/domain/recordings/start.ts";
import { stopGivenUpAttempt } from "#app/domain/recordings/stop.ts";
import { sweepStrays } from "#app/domain/recordings/strays.ts";
import { sweepAttempts, sweepStarts } from "#app/domain/recordings/sweep.ts";
import { attemptRows, insertLiveRecording, recordingRow } from "./recording-fixtures.ts";
import { startScriptedLiveKit } from "./scripted-livekit.ts";
import { openTestServices } from "./setup.ts";

let livekit: Awaited<ReturnType<typeof startScriptedLiveKit>>;
let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  livekit = await startScriptedLiveKit();
  test = await openTestServices({ env: { LIVEKIT_URL: livekit.url, LIVEKIT_EGRESS_URL: livekit.url } });
});
beforeEach(() => livekit.instead.clear());
afterAll(async () => {
  await test.close();
  await livekit.close();
});

const away = () => ({ status: 503, body: { code: "unavailable", msg: "no response from servers" } });
const egressesOf = (streamId: string) => livekit.egresses.filter(({ roomName }) => roomName === streamId);

async function insertPublishing() {
  const live = await insertLiveRecording(test.services);
  livekit.publishing.add(live.streamId);
  return live;
}

/** As if the attempts had been asked for, and given up, so much earlier, and nobody had asked about them since. */
const later = (recordingId: string, seconds: number) =>
  sql`update streaming_recording_attempts set requested_at = requested_at - make_interval(secs => ${seconds}),
    active_at = active_at - make_interval(secs => ${seconds}), asked_at = null,
    sealed_at = sealed_at - make_interval(secs => ${seconds})
    where recording_id = ${recordingId}`.execute(test.db);

const jobsOf = async (attemptId: string) =>
  (
    await sql<{ count: number }>`select count(*)::int as count from pgboss.job
      where name = 'recording.stop-attempt' and data->>'attemptId' = ${attemptId}`.execute(test.db)
  ).rows[0]!.count;

/** A first attempt that was given up while egress knew of it, and a second one in its place. */
async function replaced() {
  const live = await insertPublishing();
  const { services, db } = test;
  await startRecording(services, live);
  await later(live.recordingId, 17);
  await sweepAttempts(services);
  await startRecording(services, live);
  const [first, second] = egressesOf(live.streamId);
  const attempts = await attemptRows(db, live.recordingId);
  expect(attempts).toMatchObject([{ status: "failed" }, { status: "starting", sealed_at: null }]);
  return { ...live, first: first!, second: second!, attempts };
}

describe("a recorder that was given up", () => {
  it("is told to end by one job, and nothing waits for its answer", async () => {
    const { services } = test;
    const { attempts, first, second } = await replaced();
    expect(await jobsOf(attempts[0]!.id)).toBe(1);
    livekit.instead.set("StopEgress", () => ({ status: 408, body: { code: "deadline_exceeded", msg: "" } }));
    const stop = () => stopGivenUpAttempt(services, { attemptId: attempts[0]!.id });
    await expect(stop()).rejects.toMatchObject({ retryable: true });
    livekit.instead.clear();
    await stop();
    expect([first.status, second.status]).toEqual(["EGRESS_ENDING", "EGRESS_STARTING"]);
    first.status = "EGRESS_FAILED";
    await stop();
    // An attempt that is under way is none of those.
    await stopGivenUpAttempt(services, { attemptId: attempts[1]!.id });
    expect(second.status).toBe("EGRESS_STARTING");
  });

  it("is ended when it turns out to run all the same, and no other recorder is", async () => {
    const { services } = test;
    const { first, second, streamId, recordingId } = await replaced();
    first.status = "EGRESS_ACTIVE";
    await later(recordingId, 5);
    const foreign = { ...first, egressId: "EG_foreign", prefix: `elsewhere/${streamId}/` };
    livekit.egresses.push(foreign);
    await Promise.all([sweepStrays(services), sweepStrays(services)]);
    expect([first, second, foreign].map(({ status }) => status)).toEqual([
      "EGRESS_ENDING",
      "EGRESS_STARTING",
      "EGRESS_ACTIVE",
    ]);
  });

  it("is ended also when its start was answered to nobody and it turned up after its successor", async () => {
    const { services, db } = test;
    const live = await insertPublishing();
    let late: Record<string, unknown> = {};
    livekit.instead.set("StartRoomCompositeEgress", (request) => {
      late = request;
      return { status: 408, body: { code: "deadline_exceeded", msg: "request timed out" } };
    });
    await startRecording(services, live);
    livekit.instead.clear();
    await later(live.recordingId, 13);
    await sweepAttempts(services);
    await startRecording(services, live);
    livekit.start(late);
    await later(live.recordingId, 6);
    await sweepStrays(services);
    expect(egressesOf(live.streamId).map(({ prefix, status }) => [prefix.at(-2), status])).toEqual([
      ["2", "EGRESS_STARTING"],
      ["1", "EGRESS_ENDING"],
    ]);
    expect(await attemptRows(db, live.recordingId)).toMatchObject([
      { status: "failed", egress_id: null },
      { status: "starting" },
    ]);
  });

  it("is asked once a minute, when it is said to run for ever and never answers", async () => {
    const { services, db } = test;
    const { first, recordingId, streamId } = await replaced();
    first.status = "EGRESS_ACTIVE";
    livekit.instead.set("StopEgress", () => ({ status: 408, body: { code: "deadline_exceeded", msg: "" } }));
    const asked = () =>
      livekit.calls.filter(({ method, request }) => method === "ListEgress" && request.roomName === streamId)
        .length;
    const before = asked();
    const askedAgo = (seconds: number) =>
      sql`update streaming_recording_attempts set asked_at = now() - make_interval(secs => ${seconds})
        where recording_id = ${recordingId}`.execute(db);
    await later(recordingId, 5);
    await sweepStrays(services);
    expect(asked() - before).toBe(1);
    await later(recordingId, 200);
    await askedAgo(30);
    await sweepStrays(services);
    expect(asked() - before).toBe(1);
    await askedAgo(61);
    await sweepStrays(services);
    expect(asked() - before).toBe(2);
  });
});

it("a recorder right after one that did not begin in time is given twice as long", async () => {
  const { services, db } = test;
  const { recordingId, second } = await replaced();
  const [, attempt] = await attemptRows(db, recordingId);
  const ask = async (secondsAgo: number) => {
    await sql`update streaming_recording_attempts set asked_at = null,
      requested_at = now() - make_interval(secs => ${secondsAgo}) where id = ${attempt!.id}`.execute(db);
    await sweepAttempts(services);
    return (await attemptRows(db, recordingId))[1]!.status;
  };
  expect(await ask(17)).toBe("starting");
  expect(await ask(30)).toBe("starting");
  expect(second.status).toBe("EGRESS_STARTING");
  expect(await ask(33)).toBe("failed");
});

it("a recorder after one that recorded is given as long as the first, whatever was before", async () => {
  const { services, db } = test;
  const { recordingId, second } = await replaced();
  second.status = "EGRESS_ACTIVE";
  await later(recordingId, 2);
  await sweepAttempts(services);
  second.status = "EGRESS_FAILED";
  await later(recordingId, 20);
  await sweepAttempts(services);
  // As if the pause before the next one were over.
  await sql`update streaming_recordings set retry_at = null where id = ${recordingId}`.execute(db);
  await startRecording(services, { recordingId });
  const third = async () => (await attemptRows(db, recordingId))[2]!;
  expect(await third()).toMatchObject({ status: "starting" });
  await later(recordingId, 17);
  await sweepAttempts(services);
  expect(await third()).toMatchObject({ status: "failed", reason: "it did not begin in time" });
});

it("a recorder from which nothing comes for 4 s is asked about at once, and why it ended is known", async () => {
  const { services, db } = test;
  const live = await insertPublishing();
  await startRecording(services, live);
  const [egress] = egressesOf(live.streamId);
  egress!.status = "EGRESS_ACTIVE";
  await later(live.recordingId, 2);
  await sweepAttempts(services);
  const [attempt] = await attemptRows(db, live.recordingId);
  const askWhen = async (lastSegmentSecondsAgo: number) => {
    await sql`update streaming_recording_attempts set asked_at = now() - interval '2 seconds',
      active_at = now() - interval '1 minute' where id = ${attempt!.id}`.execute(db);
    await sql`insert into streaming_recording_segments (attempt_id, number, key, bytes, verified_at)
      values (${attempt!.id}, 0, '0.ts', 1, now() - interval '30 seconds'),
        (${attempt!.id}, 1, '1.ts', 1, now() - make_interval(secs => ${lastSegmentSecondsAgo}))
      on conflict (attempt_id, number) do update set verified_at = excluded.verified_at`.execute(db);
    await sweepAttempts(services);
    return (await attemptRows(db, live.recordingId))[0]!;
  };
  Object.assign(egress!, { status: "EGRESS_LIMIT_REACHED", error: "Session limit reached" });
  expect(await askWhen(3)).toMatchObject({ status: "active" });
  expect(await askWhen(5)).toMatchObject({ status: "complete", reason: "Session limit reached" });
});

describe("a recorder's service that does not answer", () => {
  it("is told to the host, and no second recorder is started that could be one too many", async () => {
    const { services, db } = test;
    const live = await insertPublishing();
    livekit.instead.set("StartRoomCompositeEgress", (request) => {
      livekit.start(request);
      return away();
    });
    livekit.instead.set("ListEgress", away);
    await startRecording(services, live);
    await later(live.recordingId, 5);
    await sweepAttempts(services);
    expect((await recordingRow(db, live.recordingId)).reason).toBe("");
    await later(live.recordingId, 60);
    await Promise.all([sweepAttempts(services), sweepAttempts(services)]);
    await sweepStarts(services);
    expect(await recordingRow(db, live.recordingId)).toMatchObject({
      status: "starting",
      reason: "The recorder does not answer.",
    });
    expect(await attemptRows(db, live.recordingId)).toMatchObject([{ status: "requested" }]);

    // It answers again, and had started: it is taken over, and the warning goes when it records.
    livekit.instead.clear();
    const [egress, ...others] = egressesOf(live.streamId);
    egress!.status = "EGRESS_ACTIVE";
    await later(live.recordingId, 0);
    await sweepAttempts(services);
    expect(others).toEqual([]);
    expect(await attemptRows(db, live.recordingId)).toMatchObject([
      { status: "active", egress_id: egress!.egressId },
    ]);
    expect(await recordingRow(db, live.recordingId)).toMatchObject({ status: "recording", reason: "" });
  });
});

it("a recorder that said it would end and was lost before it had is missed while the stream is live", async () => {
  const { services, db } = test;
  const live = await insertPublishing();
  await startRecording(services, live);
  const [egress] = egressesOf(live.streamId);
  const { egressId, prefix } = egress!;
  for (const status of ["active", "ending"] as const)
    await db.transaction().execute((trx) =>
      takeAnnouncement(trx, services.queue, {
        egressId,
        streamId: live.streamId,
        prefix,
        status,
        reason: "",
      }),
    );
  await verifyLiveSegments(services);
  expect(await attemptRows(db, live.recordingId)).toMatchObject([{ status: "ending", sealed_at: null }]);
  await later(live.recordingId, 11);
  await verifyLiveSegments(services);
  const [attempt] = await attemptRows(db, live.recordingId);
  expect(attempt).toMatchObject({ status: "failed", reason: "nothing came from it any more" });
  expect(attempt!.sealed_at).not.toBeNull();
  await sweepStarts(services);
  expect(await attemptRows(db, live.recordingId)).toMatchObject([{}, { number: 2, status: "starting" }]);
});
