import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sealAttempt, takeAnnouncement } from "#app/domain/recordings/attempts.ts";
import { runExport } from "#app/domain/recordings/exports.ts";
import { finalizeRecording } from "#app/domain/recordings/finalize.ts";
import { verifyLiveSegments } from "#app/domain/recordings/live.ts";
import { listParts } from "#app/domain/recordings/parts.ts";
import { createRecording, stopRecording } from "#app/domain/recordings/recordings.ts";
import { startRecording } from "#app/domain/recordings/start.ts";
import { stopGivenUpAttempt, stopRecorder } from "#app/domain/recordings/stop.ts";
import {
  sweepAttempts,
  sweepExports,
  sweepFinishing,
  sweepForgotten,
  sweepStarts,
} from "#app/domain/recordings/sweep.ts";
import {
  attemptRows,
  endStreamRow,
  insertLiveRecording,
  recordingRow,
  segmentKey,
  segmentRows,
  segmentsOf,
  writeSegments,
} from "./recording-fixtures.ts";
import { startScriptedLiveKit } from "./scripted-livekit.ts";
import { openTestServices } from "./setup.ts";

type Test = Awaited<ReturnType<typeof openTestServices>>;
let livekit: Awaited<ReturnType<typeof startScriptedLiveKit>>;
let test: Test;
beforeAll(async () => {
  livekit = await startScriptedLiveKit();
  test = await openTestServices({ env: { LIVEKIT_URL: livekit.url, LIVEKIT_EGRESS_URL: livekit.url } });
});
beforeEach(() => livekit.instead.clear());
afterAll(async () => {
  await test.close();
  await livekit.close();
});

/** A recording whose recorder runs. */
async function record() {
  const { services, db } = test;
  const live = await insertLiveRecording(services);
  livekit.publishing.add(live.streamId);
  await startRecording(services, live);
  const [attempt] = await attemptRows(db, live.recordingId);
  const egress = livekit.egresses.find(({ roomName }) => roomName === live.streamId)!;
  return { ...live, attempt: attempt!, egress };
}

async function announce(
  egress: { egressId: string; roomName: string; prefix: string },
  status: Status,
  reason = "",
) {
  const { egressId, roomName: streamId, prefix } = egress;
  return test.db
    .transaction()
    .execute((trx) =>
      takeAnnouncement(trx, test.services.queue, { egressId, streamId, prefix, status, reason }),
    );
}
type Status = Parameters<typeof takeAnnouncement>[2]["status"];

async function end(streamId: string) {
  await endStreamRow(test.db, streamId);
  await test.db.transaction().execute((trx) => stopRecording(trx, test.services.queue, { streamId }));
}

const later = (recordingId: string, seconds: number) =>
  sql`update streaming_recording_attempts set requested_at = requested_at - make_interval(secs => ${seconds}),
    active_at = active_at - make_interval(secs => ${seconds}), asked_at = null
    where recording_id = ${recordingId}`.execute(test.db);

describe("creating and stopping", () => {
  it("gives a stream one unfinished recording, however often and however much at once it is asked", async () => {
    const { db, services } = test;
    const { streamId, recordingId } = await insertLiveRecording(services);
    const again = await Promise.all(
      Array.from({ length: 5 }, () =>
        db.transaction().execute((trx) => createRecording(trx, services.queue, { streamId })),
      ),
    );
    expect(new Set(again.map((each) => each.recordingId))).toEqual(new Set([recordingId]));
    const jobs = await sql<{ count: number }>`select count(*)::int as count from pgboss.job
      where name = 'recording.start' and data->>'recordingId' = ${recordingId}`.execute(db);
    expect(jobs.rows[0]!.count).toBe(1);
  });

  it("stops once, with one job, when two stop at once", async () => {
    const { db, services } = test;
    const { streamId, recordingId } = await insertLiveRecording(services);
    const stops = await Promise.all(
      [1, 2, 3].map(() =>
        db.transaction().execute((trx) => stopRecording(trx, services.queue, { streamId })),
      ),
    );
    expect(stops.filter(Boolean)).toEqual([{ recordingId }]);
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from pgboss.job
      where name = 'recording.stop' and data->>'recordingId' = ${recordingId}`.execute(db);
    expect(rows[0]!.count).toBe(1);
  });
});

describe("starting", () => {
  it("waits for the host's first track", async () => {
    const { services, db } = test;
    const live = await insertLiveRecording(services);
    await startRecording(services, live);
    expect(await attemptRows(db, live.recordingId)).toHaveLength(0);
    livekit.publishing.add(live.streamId);
    await startRecording(services, live);
    expect(await attemptRows(db, live.recordingId)).toMatchObject([
      { number: 1, prefix: `recordings/${live.streamId}/1/`, status: "starting" },
    ]);
  });

  it("starts one recorder when many start at once", async () => {
    const { services, db } = test;
    const live = await insertLiveRecording(services);
    livekit.publishing.add(live.streamId);
    await Promise.all(Array.from({ length: 6 }, () => startRecording(services, live)));
    expect(livekit.egresses.filter(({ roomName }) => roomName === live.streamId)).toHaveLength(1);
    expect(await attemptRows(db, live.recordingId)).toHaveLength(1);
  });

  it("does nothing for a stream that has ended", async () => {
    const { services, db } = test;
    const live = await insertLiveRecording(services);
    livekit.publishing.add(live.streamId);
    await end(live.streamId);
    await startRecording(services, live);
    expect(await attemptRows(db, live.recordingId)).toHaveLength(0);
  });

  it("adopts a recorder whose start was not answered, and never starts a second one", async () => {
    const { services, db } = test;
    const live = await insertLiveRecording(services);
    livekit.publishing.add(live.streamId);
    livekit.instead.set("StartRoomCompositeEgress", (request) => {
      livekit.start(request);
      return { status: 408, body: { code: "deadline_exceeded", msg: "request timed out" } };
    });
    await startRecording(services, live);
    expect(await attemptRows(db, live.recordingId)).toMatchObject([{ status: "requested", egress_id: null }]);
    await startRecording(services, live);
    await later(live.recordingId, 3);
    await sweepAttempts(services);
    const [egress, ...others] = livekit.egresses.filter(({ roomName }) => roomName === live.streamId);
    expect(others).toEqual([]);
    expect(await attemptRows(db, live.recordingId)).toMatchObject([
      { status: "starting", egress_id: egress!.egressId },
    ]);
  });

  it("tries again with a prefix of its own when no recorder was started", async () => {
    const { services, db } = test;
    const live = await insertLiveRecording(services);
    livekit.publishing.add(live.streamId);
    livekit.instead.set("StartRoomCompositeEgress", () => ({
      status: 503,
      body: { code: "unavailable", msg: "no response from servers" },
    }));
    await startRecording(services, live);
    livekit.instead.clear();
    await later(live.recordingId, 20);
    await sweepAttempts(services);
    await startRecording(services, live);
    expect(await attemptRows(db, live.recordingId)).toMatchObject([
      { number: 1, status: "failed", reason: "nobody knows of it any more" },
      { number: 2, status: "starting", prefix: `recordings/${live.streamId}/2/` },
    ]);
  });

  it("gives up a recorder that does not become active in time, tells the host, and starts another", async () => {
    const { services, db } = test;
    const { recordingId, egress, attempt } = await record();
    await later(recordingId, 17);
    await sweepAttempts(services);
    expect(await recordingRow(db, recordingId)).toMatchObject({
      status: "starting",
      reason: "The recorder stopped: it did not begin in time",
    });
    await stopGivenUpAttempt(services, { attemptId: attempt.id });
    await stopGivenUpAttempt(services, { attemptId: attempt.id });
    expect(egress.status).toBe("EGRESS_ENDING");
    await startRecording(services, { recordingId });
    expect(await attemptRows(db, recordingId)).toMatchObject([
      { status: "failed" },
      { number: 2, status: "starting" },
    ]);
  });

  it("is done by the sweep when nobody told of the first track", async () => {
    const { services, db } = test;
    const live = await insertLiveRecording(services);
    await sweepStarts(services);
    expect(await attemptRows(db, live.recordingId)).toHaveLength(0);
    livekit.publishing.add(live.streamId);
    await Promise.all([sweepStarts(services), sweepStarts(services)]);
    expect(await attemptRows(db, live.recordingId)).toMatchObject([{ number: 1, status: "starting" }]);
  });

  it("says why when no recorder is free, and pauses longer and longer between attempts", async () => {
    const { services, db } = test;
    const live = await insertLiveRecording(services);
    livekit.publishing.add(live.streamId);
    livekit.instead.set("StartRoomCompositeEgress", () => ({
      status: 429,
      body: { code: "resource_exhausted", msg: "no egress is free" },
    }));
    await startRecording(services, live);
    await startRecording(services, live);
    const before = (await attemptRows(db, live.recordingId)).length;
    await startRecording(services, live);
    expect(before).toBe(2);
    expect(await attemptRows(db, live.recordingId)).toHaveLength(2);
    const row = await recordingRow(db, live.recordingId);
    expect(row.reason).toBe("The recorder stopped: no recorder is free");
    expect(row.retry_at!.getTime()).toBeGreaterThan(Date.now());
  });
});

describe("announcements", () => {
  it("move an attempt forward only, each once, in whatever order they come", async () => {
    const { db } = test;
    const { egress, recordingId } = await record();
    expect(await announce(egress, "active")).toBe(true);
    expect(await announce(egress, "active")).toBe(false);
    expect(await announce(egress, "starting")).toBe(false);
    expect((await recordingRow(db, recordingId)).status).toBe("recording");
    expect(await announce(egress, "ending")).toBe(true);
    expect(await announce(egress, "active")).toBe(false);
    expect(await announce(egress, "complete")).toBe(true);
    expect(await announce(egress, "failed")).toBe(false);
    expect(await announce(egress, "ending")).toBe(false);
    expect((await attemptRows(db, recordingId))[0]).toMatchObject({ status: "complete" });
  });

  it("count once when a hundred come at once", async () => {
    const { egress, recordingId } = await record();
    const statuses = ["active", "starting", "ending", "active"] as const;
    const moved = await Promise.all(
      Array.from({ length: 100 }, (_, n) => announce(egress, statuses[n % 4]!)),
    );
    expect(moved.filter(Boolean).length).toBeLessThanOrEqual(2);
    expect((await attemptRows(test.db, recordingId))[0]!.status).toBe("ending");
  });

  it("of an egress that we do not know are recognized by where it writes", async () => {
    const { services, db } = test;
    const live = await insertLiveRecording(services);
    livekit.publishing.add(live.streamId);
    livekit.instead.set("StartRoomCompositeEgress", (request) => {
      livekit.start(request);
      return { status: 500, body: { code: "internal", msg: "" } };
    });
    await startRecording(services, live);
    const egress = livekit.egresses.find(({ roomName }) => roomName === live.streamId)!;
    expect(await announce(egress, "active")).toBe(true);
    expect(await attemptRows(db, live.recordingId)).toMatchObject([
      { egress_id: egress.egressId, status: "active" },
    ]);
    expect(await announce({ ...egress, egressId: "EG_other" }, "failed")).toBe(false);
  });

  it("that a recorder failed bring the next attempt while the stream is live, and the old one is sealed", async () => {
    const { services, db } = test;
    const { recordingId, egress, attempt } = await record();
    const segments = await segmentsOf("egress-killed");
    await announce(egress, "active");
    await writeSegments(services.storage, attempt.prefix, segments);
    await announce(egress, "failed", "signal: killed");
    expect(await recordingRow(db, recordingId)).toMatchObject({
      status: "recording",
      reason: "The recorder stopped: signal: killed",
    });
    await startRecording(services, { recordingId });
    const [first, second] = await attemptRows(db, recordingId);
    expect(first!.sealed_at).not.toBeNull();
    expect(second).toMatchObject({ number: 2, status: "starting", sealed_at: null });
    // What it had stored before was not lost with it.
    expect(await segmentRows(db, recordingId)).toHaveLength(segments.length);
    const next = livekit.egresses.find(({ prefix }) => prefix === second!.prefix)!;
    await announce(next, "active");
    expect((await recordingRow(db, recordingId)).reason).toBe("");
  });
});

describe("verifying while live", () => {
  it("writes down each segment that was read back, and each problem", async () => {
    const { services, db } = test;
    const { recordingId, attempt, egress } = await record();
    const good = await segmentsOf("egress");
    await announce(egress, "active");
    const startsAt = new Date();
    await writeSegments(
      services.storage,
      attempt.prefix,
      [
        good[0]!,
        good[1]!,
        good[2]!.subarray(0, 188 * 40 + 17),
        new Uint8Array(0),
        Buffer.from("<html>no segment</html>".repeat(50)),
        good[5]!,
      ],
      { startsAt },
    );
    await verifyLiveSegments(services);
    const rows = await segmentRows(db, recordingId);
    expect(rows.map(({ problem }) => problem)).toEqual([
      null,
      null,
      "truncated",
      "empty",
      "not_transport_stream",
      null,
    ]);
    expect(rows[0]).toMatchObject({ first_pts: 3600 * 90_000, width: 1280, height: 720, has_audio: true });
    expect(rows[0]!.program_time).toEqual(startsAt);
    expect(rows[1]!.program_time!.getTime()).toBeCloseTo(startsAt.getTime() + 2000, -2);
    expect(rows[0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
    // Nothing is read twice.
    const verifiedAt = rows.map(({ verified_at }) => verified_at.getTime());
    await Promise.all([verifyLiveSegments(services), verifyLiveSegments(services)]);
    expect((await segmentRows(db, recordingId)).map(({ verified_at }) => verified_at.getTime())).toEqual(
      verifiedAt,
    );
  });

  it("reads a segment again that was replaced", async () => {
    const { services, db } = test;
    const { recordingId, attempt, egress } = await record();
    const [good] = await segmentsOf("x264");
    await announce(egress, "active");
    await services.storage.write(segmentKey(attempt.prefix, 0), good!.subarray(0, 1000), "video/mp2t");
    await verifyLiveSegments(services);
    await services.storage.write(segmentKey(attempt.prefix, 0), good!, "video/mp2t");
    await verifyLiveSegments(services);
    expect(await segmentRows(db, recordingId)).toMatchObject([{ problem: null, bytes: good!.length }]);
  });

  it("knows from segments that a recorder is active, whose word was lost", async () => {
    const { services, db } = test;
    const { recordingId, attempt } = await record();
    await writeSegments(services.storage, attempt.prefix, await segmentsOf("x264"));
    await verifyLiveSegments(services);
    expect((await recordingRow(db, recordingId)).status).toBe("recording");
  });

  it("gives a recorder up from which nothing has come for ten seconds, and ignores what it writes later", async () => {
    const { services, db } = test;
    const { recordingId, attempt, egress } = await record();
    const segments = await segmentsOf("x264");
    await announce(egress, "active");
    await writeSegments(services.storage, attempt.prefix, segments.slice(0, 2));
    await verifyLiveSegments(services);
    await verifyLiveSegments(services);
    expect((await attemptRows(db, recordingId))[0]!.status).toBe("active");
    await later(recordingId, 30);
    await sql`update streaming_recording_segments set verified_at = verified_at - interval '11 seconds'
      where attempt_id = ${attempt.id}`.execute(db);
    await verifyLiveSegments(services);
    expect((await attemptRows(db, recordingId))[0]).toMatchObject({
      status: "failed",
      reason: "nothing came from it any more",
    });
    await startRecording(services, { recordingId });
    const [, second] = await attemptRows(db, recordingId);
    // Storage keeps whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await services.storage.write(segmentKey(attempt.prefix, 2), segments[2]!, "video/mp2t");
    await writeSegments(services.storage, second!.prefix, segments.slice(0, 1));
    await announce(
      livekit.egresses.find(({ prefix }) => prefix === second!.prefix)!,
      "active",
    );
    await verifyLiveSegments(services);
    const parts = await listParts(db, recordingId);
    expect(parts.map(({ attempt, number }) => `${attempt}/${number}`)).toEqual(["1/0", "1/1", "2/0"]);
    expect(parts.map(({ discontinuity }) => discontinuity)).toEqual([false, false, true]);
  });
});

describe("stopping and finishing", () => {
  it("makes a recording ready with all its parts, and its MP4 and poster after it (ASVS 15.2.2)", async () => {
    const { services, db } = test;
    const { recordingId, attempt, egress, streamId } = await record();
    const segments = await segmentsOf("egress");
    await announce(egress, "active");
    await writeSegments(services.storage, attempt.prefix, segments.slice(0, 6));
    await verifyLiveSegments(services);
    await end(streamId);
    await stopRecorder(services, { recordingId });
    expect(livekit.calls.filter(({ method }) => method === "StopEgress").at(-1)!.request).toMatchObject({
      egressId: egress.egressId,
    });
    await writeSegments(services.storage, attempt.prefix, segments.slice(6), { from: 6 });
    await announce(egress, "complete");
    await finalizeRecording(services, { recordingId });
    const row = await recordingRow(db, recordingId);
    expect(row).toMatchObject({ status: "ready", reason: "", width: 1280, height: 720 });
    expect(row.bytes).toBe(segments.reduce((sum, { length }) => sum + length, 0));
    expect(row.duration_ms).toBeGreaterThan(14_000);

    const exports = await db
      .selectFrom("streaming_recording_exports")
      .select(["id", "kind"])
      .where("recording_id", "=", recordingId)
      .execute();
    expect(exports.map(({ kind }) => kind).sort()).toEqual(["mp4", "poster", "sprite"]);
    await Promise.all(exports.map(({ id }) => runExport(services, { exportId: id })));
    const made = await db
      .selectFrom("streaming_recording_exports")
      .selectAll()
      .where("recording_id", "=", recordingId)
      .orderBy("kind")
      .execute();
    expect(made).toMatchObject(
      ["mp4", "poster", "sprite"].map((kind) => ({ kind, status: "ready", progress: 1 })),
    );
    expect((await services.storage.head(made[0]!.key!))!.bytes).toBe(made[0]!.bytes);
    const poster = await services.storage.read(made[1]!.key!);
    expect([...poster!.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);

    // A second run, also at once, changes nothing and writes nothing.
    const before = await services.storage.list(`exports/${streamId}/`);
    await Promise.all(
      exports.flatMap(({ id }) => [
        runExport(services, { exportId: id }),
        runExport(services, { exportId: id }),
      ]),
    );
    expect(await services.storage.list(`exports/${streamId}/`)).toEqual(before);
  }, 120_000);

  it("stops a recording whose stream is over although nobody stopped it", async () => {
    const { services, db } = test;
    const { recordingId, streamId } = await record();
    await endStreamRow(db, streamId);
    await Promise.all([sweepForgotten(services), sweepForgotten(services)]);
    expect((await recordingRow(db, recordingId)).status).toBe("stopping");
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from pgboss.job
      where name = 'recording.stop' and data->>'recordingId' = ${recordingId}`.execute(db);
    expect(rows[0]!.count).toBe(1);
  });

  it("gives an export another job when its worker was killed, and one that cannot be made is given up", async () => {
    const { services, db } = test;
    const { recordingId, attempt, egress, streamId } = await record();
    await announce(egress, "active");
    await writeSegments(services.storage, attempt.prefix, await segmentsOf("x264"));
    await end(streamId);
    await announce(egress, "complete");
    await finalizeRecording(services, { recordingId });
    const mp4 = () =>
      db
        .selectFrom("streaming_recording_exports")
        .selectAll()
        .where("recording_id", "=", recordingId)
        .where("kind", "=", "mp4")
        .executeTakeFirstOrThrow();
    const { id } = await mp4();
    await sql`update streaming_recording_exports set status = 'running', tries = 1,
      work_until = now() - interval '1 second' where id = ${id}`.execute(db);
    await Promise.all([sweepExports(services), sweepExports(services)]);
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from pgboss.job
      where name = 'recording.export' and data->>'exportId' = ${id}`.execute(db);
    expect(rows[0]!.count).toBe(2);

    // A segment that is not what was verified: tried again and again, and then said to be impossible.
    const key = segmentKey(attempt.prefix, 1);
    const bytes = (await services.storage.read(key))!;
    await services.storage.write(key, bytes.slice(188), "video/mp2t");
    await expect(runExport(services, { exportId: id })).rejects.toMatchObject({ retryable: true });
    expect(await mp4()).toMatchObject({ status: "waiting", tries: 2 });
    expect(await services.storage.list(`exports/${streamId}/`)).toEqual([]);
    await sql`update streaming_recording_exports set tries = 11 where id = ${id}`.execute(db);
    await runExport(services, { exportId: id });
    expect(await mp4()).toMatchObject({ status: "failed", reason: "It could not be made." });
  });

  it("finishes once when many finish at once", async () => {
    const { services, db } = test;
    const { recordingId, attempt, egress, streamId } = await record();
    await announce(egress, "active");
    await writeSegments(services.storage, attempt.prefix, await segmentsOf("x264"));
    await end(streamId);
    await announce(egress, "complete");
    await Promise.all(Array.from({ length: 5 }, () => finalizeRecording(services, { recordingId })));
    await finalizeRecording(services, { recordingId });
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready" });
    const { count } = await db
      .selectFrom("streaming_recording_exports")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("recording_id", "=", recordingId)
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(3);
  });

  it("is taken over from a worker that was killed while finishing", async () => {
    const { services, db } = test;
    const { recordingId, attempt, egress, streamId } = await record();
    await announce(egress, "active");
    await writeSegments(services.storage, attempt.prefix, await segmentsOf("x264"));
    await end(streamId);
    await announce(egress, "complete");
    await sql`update streaming_recordings set status = 'finalizing', work_until = now() + interval '10 seconds'
      where id = ${recordingId}`.execute(db);
    await sweepFinishing(services);
    expect((await recordingRow(db, recordingId)).status).toBe("finalizing");
    await sql`update streaming_recordings set work_until = now() - interval '1 second' where id = ${recordingId}`.execute(
      db,
    );
    await sweepFinishing(services);
    expect((await recordingRow(db, recordingId)).status).toBe("ready");
  });

  it("does not wait for ever for a recorder that never answers its stop", async () => {
    const { services, db } = test;
    const { recordingId, attempt, egress, streamId } = await record();
    await announce(egress, "active");
    await writeSegments(services.storage, attempt.prefix, await segmentsOf("x264"));
    await end(streamId);
    livekit.instead.set("StopEgress", () => ({ status: 408, body: { code: "deadline_exceeded", msg: "" } }));
    await expect(stopRecorder(services, { recordingId })).rejects.toMatchObject({ retryable: true });
    await sql`update streaming_recordings set stopped_at = stopped_at - interval '9 seconds' where id = ${recordingId}`.execute(
      db,
    );
    await sweepFinishing(services);
    expect((await recordingRow(db, recordingId)).status).toBe("ready");
    expect((await attemptRows(db, recordingId))[0]!.status).toBe("failed");
  });

  it("waits for a recorder that is late while its segments still come", async () => {
    const { services, db } = test;
    const { recordingId, attempt, egress, streamId } = await record();
    const segments = await segmentsOf("x264");
    await announce(egress, "active");
    await writeSegments(services.storage, attempt.prefix, segments.slice(0, 2));
    await end(streamId);
    await stopRecorder(services, { recordingId });
    const stoppedAgo = (seconds: number) =>
      sql`update streaming_recordings
      set stopped_at = clock_timestamp() - make_interval(secs => ${seconds}) where id = ${recordingId}`.execute(
        db,
      );
    await stoppedAgo(9);
    await verifyLiveSegments(services);
    await sweepFinishing(services);
    expect((await recordingRow(db, recordingId)).status).toBe("stopping");
    await writeSegments(services.storage, attempt.prefix, segments.slice(2), { from: 2 });
    await stoppedAgo(61);
    await sweepFinishing(services);
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready", duration_ms: 6000 });
  });

  it("fails with a reason when nothing was recorded, or nothing of it plays", async () => {
    const { services, db } = test;
    const waited = await insertLiveRecording(services);
    await end(waited.streamId);
    await stopRecorder(services, waited);
    expect(await recordingRow(db, waited.recordingId)).toMatchObject({
      status: "failed",
      reason: "Nothing was recorded: no camera, microphone or screen was shared.",
    });
    const broken = await record();
    await announce(broken.egress, "active");
    await services.storage.write(segmentKey(broken.attempt.prefix, 0), Buffer.from("garbage"), "video/mp2t");
    await end(broken.streamId);
    await announce(broken.egress, "complete");
    await finalizeRecording(services, broken);
    expect(await recordingRow(db, broken.recordingId)).toMatchObject({
      status: "failed",
      reason: "What was recorded cannot be played.",
    });
  });

  it("leaves out what has vanished from storage since it was verified", async () => {
    const { services, db } = test;
    const { recordingId, attempt, egress, streamId } = await record();
    await announce(egress, "active");
    await writeSegments(services.storage, attempt.prefix, await segmentsOf("x264"));
    await verifyLiveSegments(services);
    await services.storage.remove(segmentKey(attempt.prefix, 1));
    await end(streamId);
    await announce(egress, "complete");
    await finalizeRecording(services, { recordingId });
    const parts = await listParts(db, recordingId);
    expect(parts.map(({ number }) => number)).toEqual([0, 2]);
    expect(parts[1]!.gapMs).toBeCloseTo(2000, -2);
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready", duration_ms: 4000 });
  });

  it("seals an attempt once", async () => {
    const { db } = test;
    const { attempt, recordingId } = await record();
    await sealAttempt(db, attempt.id);
    const [first] = await attemptRows(db, recordingId);
    await sealAttempt(db, attempt.id);
    expect((await attemptRows(db, recordingId))[0]!.sealed_at).toEqual(first!.sealed_at);
  });
});
