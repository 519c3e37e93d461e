import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { copySegments } from "#app/domain/recordings/copies.ts";
import { verifyLiveSegments } from "#app/domain/recordings/live.ts";
import { startRecording } from "#app/domain/recordings/start.ts";
import { findStreamState } from "#app/domain/streams/state.ts";
import { signIn } from "#tests/factories.ts";
import { startMachinesWeb } from "./machines-web.ts";
import {
  attemptRows,
  insertLiveRecording,
  segmentRows,
  segmentsOf,
  writeSegments,
} from "./recording-fixtures.ts";
import { startScriptedLiveKit } from "./scripted-livekit.ts";
import { openTestServices } from "./setup.ts";

let livekit: Awaited<ReturnType<typeof startScriptedLiveKit>>;
let test: Awaited<ReturnType<typeof openTestServices>>;
let plain: Awaited<ReturnType<typeof openTestServices>>;
let web: Awaited<ReturnType<typeof startMachinesWeb>>;
let segments: Uint8Array[];
beforeAll(async () => {
  livekit = await startScriptedLiveKit();
  const env = { LIVEKIT_URL: livekit.url, LIVEKIT_EGRESS_URL: livekit.url };
  test = await openTestServices({ env: { ...env, ...inject("recordingStore") } });
  plain = await openTestServices({ env });
  web = await startMachinesWeb(test.services);
  segments = await segmentsOf("x264");
}, 60_000);
afterAll(async () => {
  await web.close();
  await plain.close();
  await test.close();
  await livekit.close();
});

/** A live stream whose host publishes, with a recorder started for it. */
async function started({ services, db }: typeof test) {
  const live = await insertLiveRecording(services);
  livekit.publishing.add(live.streamId);
  await startRecording(services, live);
  const asked = livekit.calls.findLast(({ method }) => method === "StartRoomCompositeEgress")!.request;
  const [output] = asked.segmentOutputs as { s3: { endpoint: string; bucket: string } }[];
  const [attempt] = await attemptRows(db, live.recordingId);
  return { ...live, s3: output!.s3, attempt: attempt! };
}

describe("a recorder", () => {
  it("is told to write to the store beside where there is one, and its attempt says so", async () => {
    const store = inject("recordingStore");
    const { s3, attempt } = await started(test);
    expect(s3).toMatchObject({ endpoint: store.RECORDING_S3_ENDPOINT, bucket: store.RECORDING_S3_BUCKET });
    expect([attempt.store, attempt.store_at]).toEqual(["beside", test.services.recordingStorage!.at]);
  });

  it("writes to the storage that viewers read after one that stored nothing at all, and the next one beside again", async () => {
    const { recordingId } = await started(test);
    const { services, db } = test;
    const stores = async () => (await attemptRows(db, recordingId)).map(({ store }) => store);
    const bucketAsked = () => {
      const asked = livekit.calls.findLast(({ method }) => method === "StartRoomCompositeEgress")!.request;
      return (asked.segmentOutputs as { s3: { bucket: string } }[])[0]!.s3.bucket;
    };
    const next = async () => {
      await db
        .updateTable("streaming_recording_attempts")
        .set({ status: "failed", reason: "S3 upload failed" })
        .where("recording_id", "=", recordingId)
        .where("sealed_at", "is", null)
        .execute();
      await startRecording(services, { recordingId });
    };
    await next();
    expect([await stores(), bucketAsked()]).toEqual([
      ["beside", "main"],
      inject("partsEnvironment").S3_BUCKET,
    ]);
    await next();
    expect([await stores(), bucketAsked()]).toEqual([
      ["beside", "main", "beside"],
      inject("recordingStore").RECORDING_S3_BUCKET,
    ]);
    const [third] = (await attemptRows(db, recordingId)).slice(2);
    await writeSegments(services.recordingStorage!, third!.prefix, segments);
    await next();
    expect((await stores())[3]).toBe("beside");
  });

  it("writes to the storage that viewers read where there is none beside it", async () => {
    const parts = inject("partsEnvironment");
    const { s3, attempt } = await started(plain);
    expect(s3).toMatchObject({ endpoint: parts.S3_ENDPOINT, bucket: parts.S3_BUCKET });
    expect([attempt.store, attempt.store_at]).toEqual(["main", null]);
  });
});

const may = ["viewer", "moderator", "host", "owner"] as const;
const mayNot = ["nobody", "stranger", "ended", "banned", "otherOwner"] as const;

/** The same, with three segments in the store beside that a worker has verified. */
async function verified() {
  const stage = await started(test);
  const { services, db } = test;
  const { streamId, recordingId, attempt, people } = stage;
  livekit.egresses.find(({ roomName }) => roomName === streamId)!.status = "EGRESS_ACTIVE";
  await db
    .updateTable("streaming_recording_attempts")
    .set({ status: "active", active_at: new Date(), requested_at: new Date(Date.now() - 60_000) })
    .where("id", "=", attempt.id)
    .execute();
  await writeSegments(services.recordingStorage!, attempt.prefix, segments, {
    startsAt: new Date(Date.now() - 40_000),
  });
  await verifyLiveSegments(services);
  const cookies = new Map<string, string>();
  for (const [name, person] of Object.entries(people))
    if (person) cookies.set(name, (await signIn(db, person.id)).cookie);
  return {
    ...stage,
    get: (who: string, address: string) =>
      fetch(`${web.url}/media/${streamId}/${recordingId}/${address}`, {
        redirect: "manual",
        headers: cookies.has(who) ? { cookie: cookies.get(who)! } : {},
      }),
    told: (who: keyof typeof people) =>
      findStreamState(db, { streamId, userId: people[who]?.id ?? null }).then((state) => state!),
  };
}

describe("what a recorder wrote to the store beside", () => {
  it("is verified there, has a job that copies it, and is nobody's to watch before it is copied", async () => {
    const { get, recordingId, attempt, told } = await verified();
    const { services, db } = test;
    const rows = await segmentRows(db, recordingId);
    expect(rows.map(({ problem, awaits_copy }) => [problem, awaits_copy])).toEqual(
      Array(3).fill([null, true]),
    );
    const { rows: jobs } = await sql<{ attempt: string }>`
      select data->>'attemptId' as attempt from pgboss.job where name = 'recording.copy'
    `.execute(db);
    expect(jobs.map((job) => job.attempt)).toContain(attempt.id);
    for (const person of may)
      for (const address of ["live.m3u8", "1/0.ts"])
        expect([person, address, (await get(person, address)).status]).toEqual([person, address, 404]);
    for (const person of may) expect((await told(person)).liveRecordingId).toBe(null);

    await copySegments(services, { attemptId: attempt.id });
    await vi.waitFor(async () => expect((await get("owner", "live.m3u8")).status).toBe(200), 3_000);
    for (const person of may) {
      const playlist = await (await get(person, "live.m3u8")).text();
      expect(playlist.match(/1\/\d\.ts/g)).toEqual(["1/0.ts", "1/1.ts", "1/2.ts"]);
      const bytes = Buffer.from(await (await get(person, "1/1.ts")).arrayBuffer());
      expect(Buffer.compare(bytes, segments[1]!)).toBe(0);
      expect((await told(person)).liveRecordingId).toBe(recordingId);
    }
    for (const person of mayNot)
      for (const address of ["live.m3u8", "1/0.ts"]) {
        const answer = await get(person, address);
        expect([person, answer.status]).toEqual([person, person === "nobody" ? 401 : 403]);
        expect((await answer.text()).length).toBeLessThan(100);
      }
  });

  it("is told in its order, up to what is not copied yet", async () => {
    const { get, attempt } = await verified();
    const { services, db } = test;
    await copySegments(services, { attemptId: attempt.id });
    await db
      .updateTable("streaming_recording_segments")
      .set({ awaits_copy: true })
      .where("attempt_id", "=", attempt.id)
      .where("number", "=", 1)
      .execute();
    const playlist = await (await get("viewer", "live.m3u8")).text();
    expect(playlist.match(/1\/\d\.ts/g)).toEqual(["1/0.ts"]);
    expect((await get("viewer", "1/1.ts")).status).toBe(404);
    await copySegments(services, { attemptId: attempt.id });
    await vi.waitFor(
      async () =>
        expect((await (await get("viewer", "live.m3u8")).text()).match(/1\/\d\.ts/g)).toHaveLength(3),
      3_000,
    );
  });

  it("is told to the team with until when it is in storage, and to nobody else", async () => {
    const { told, attempt } = await verified();
    const { services } = test;
    const [first] = await segmentRows(test.db, attempt.recording_id);
    const since = first!.program_time!.toISOString();
    for (const person of ["moderator", "host", "owner"] as const) {
      const { recording } = await told(person);
      expect(recording!.waits).toEqual({ since, seconds: expect.any(Number) });
      expect(recording!.waits!.seconds).toBeGreaterThanOrEqual(40);
      expect(recording!.safeUntil).not.toBe(null);
    }
    for (const person of ["viewer", ...mayNot] as const) expect((await told(person)).recording).toBe(null);
    await test.db
      .updateTable("streams")
      .set({ status: "ended", ended_at: new Date(), ended_reason: "host" })
      .where("id", "=", attempt.prefix.split("/")[1]!)
      .execute();
    // Safe is what viewers will get it from.
    const ended = (await told("viewer")).recording!;
    expect(ended).toMatchObject({ waits: null, safeUntil: since });
    await copySegments(services, { attemptId: attempt.id });
    expect((await told("host")).recording!.waits).toBe(null);
    expect(Date.parse((await told("viewer")).recording!.safeUntil!)).toBeGreaterThan(Date.parse(since));
  });
});
