import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { selectAttempts } from "#app/domain/recordings/attempts.ts";
import { takeBackSegments } from "#app/domain/recordings/back.ts";
import { finalizeRecording } from "#app/domain/recordings/finalize.ts";
import { verifyLiveSegments } from "#app/domain/recordings/live.ts";
import { listParts } from "#app/domain/recordings/parts.ts";
import { findReceipt } from "#app/domain/recordings/receipt.ts";
import { verifySegments } from "#app/domain/recordings/verify.ts";
import { findStreamState } from "#app/domain/streams/state.ts";
import { createStorage } from "#app/services/storage.ts";
import { signIn } from "#tests/factories.ts";
import { type StorageProxy, startStorageProxy, type Trouble } from "#tests/storage-proxy.ts";
import { schedule, startSchedule } from "#worker/schedule.ts";
import { startMachinesWeb } from "./machines-web.ts";
import {
  insertLiveRecording,
  insertReplay,
  insertRunningAttempt,
  insertStoppedRecording,
  recordingRow,
  segmentRows,
  segmentsOf,
  writeSegments,
} from "./recording-fixtures.ts";
import { insertPeople } from "#tests/factories.ts";
import { openTestServices } from "./setup.ts";

let proxy: StorageProxy;
let test: Awaited<ReturnType<typeof openTestServices>>;
let web: Awaited<ReturnType<typeof startMachinesWeb>>;
beforeAll(async () => {
  const { S3_BUCKET = "" } = inject("partsEnvironment");
  proxy = await startStorageProxy({ endpoint: inject("storeBehind"), bucket: S3_BUCKET });
  test = await openTestServices({ env: { S3_ENDPOINT: proxy.url, LIVEKIT_URL: "http://127.0.0.1:9" } });
  test.services.storage.close();
  test.services.storage = createStorage(test.services.config.storage, { patienceMs: 900 });
  web = await startMachinesWeb(test.services);
}, 60_000);
afterEach(() => proxy.calm());
afterAll(async () => {
  await web.close();
  await test.close();
  await proxy.close();
});

const troubles: [string, Trouble][] = [
  ["403", { refuse: 403 }],
  ["404", { refuse: 404 }],
  ["500", { refuse: 500 }],
  ["503", { refuse: 503 }],
  ["an answer that is cut off", { cutAfter: 1000 }],
  ["an answer that is too short and says so", { shortenTo: 1000 }],
  ["an answer that stands still in the middle", { stallAfter: 1000 }],
  ["no answer", "silence"],
  ["a connection that ends", "hang up"],
];

/** A recording of three segments whose stream is over and that nobody has looked at yet. */
async function stopped() {
  const { services, db } = test;
  const house = await insertPeople(db, { status: "live" });
  const { recordingId, prefix } = await insertStoppedRecording(services, house.stream.id);
  const attempt = () =>
    selectAttempts(db).where("a.recording_id", "=", recordingId).executeTakeFirstOrThrow();
  const rows = async () =>
    (await segmentRows(db, recordingId)).map(({ number, problem }) => [number, problem]);
  return { ...house, recordingId, prefix, attempt, rows, second: new RegExp(`^${prefix}seg_00001`) };
}

const good = [
  [0, null],
  [1, null],
  [2, null],
];

describe("a segment whose reading is answered with", () => {
  it.each(troubles)(
    "%s is not known, keeps no other waiting, and is verified when it can be read",
    async (_, trouble) => {
      const { services } = test;
      const { attempt, rows, second } = await stopped();
      proxy.make({ methods: ["GET"], key: second, trouble });
      expect(await verifySegments(services, await attempt())).toBe(2);
      expect(await rows()).toEqual([good[0], good[2]]);
      proxy.calm();
      expect(await verifySegments(services, await attempt())).toBe(1);
      expect(await rows()).toEqual(good);
    },
  );

  it("a late answer is as good as any other", async () => {
    const { attempt, rows, second } = await stopped();
    proxy.make({ methods: ["GET"], key: second, trouble: { slowMs: 500 } });
    expect(await verifySegments(test.services, await attempt())).toBe(3);
    expect(await rows()).toEqual(good);
  });
});

describe("a recording whose segments are listed with", () => {
  it.each(troubles.filter(([name]) => !name.startsWith("an answer")))(
    "%s is left as it is until they are",
    async (_, trouble) => {
      const { services, db } = test;
      const { recordingId, prefix, rows } = await stopped();
      proxy.make({ methods: ["GET"], key: new RegExp(`^${prefix}$`), trouble });
      await expect(finalizeRecording(services, { recordingId })).rejects.toMatchObject({
        service: "storage",
      });
      expect(await recordingRow(db, recordingId)).toMatchObject({
        status: "finalizing",
        reason: "Storage does not give all of what was recorded.",
      });
      expect(await rows()).toEqual([]);
      proxy.calm();
      await release(recordingId);
      await finalizeRecording(services, { recordingId });
      expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready" });
    },
  );
});

describe("a live recording whose storage is silent", () => {
  it("keeps none of the others waiting, however patient the worker is else", async () => {
    const { services, db } = test;
    const [one, other] = [await record(), await record()];
    const segments = await segmentsOf("x264");
    const patient = createStorage(services.config.storage, { patienceMs: 60_000 });
    for (const { prefix } of [one, other]) await writeSegments(patient, prefix, segments.slice(0, 1));
    proxy.make({ methods: ["GET"], key: new RegExp(`^${one.prefix}`), trouble: "silence" });
    const verified = async ({ recordingId }: { recordingId: string }) =>
      (await segmentRows(db, recordingId)).length;
    const verifying = schedule.filter(({ name }) => name === "recordings.verify-live");
    const worker = startSchedule({ ...services, storage: patient }, verifying);
    const soon = { timeout: 20_000, interval: 100 };
    await vi.waitFor(async () => expect(await verified(other)).toBe(1), soon);
    await writeSegments(patient, other.prefix, segments);
    await vi.waitFor(async () => expect(await verified(other)).toBe(3), soon);
    expect(await verified(one)).toBe(0);
    proxy.calm();
    await vi.waitFor(async () => expect(await verified(one)).toBe(1), soon);
    await worker.stop();
    patient.close();
  }, 60_000);
});

describe("a live recording of which storage has given nothing from its first second on", () => {
  it("is said to lag, and why", async () => {
    const { services, db } = test;
    const { streamId, recordingId, prefix, people } = await record();
    await writeSegments(services.storage, prefix, await segmentsOf("x264"));
    await sql`update streaming_recordings set started_at = now() - interval '20 seconds' where id = ${recordingId}`.execute(
      db,
    );
    proxy.make({ methods: ["GET"], key: new RegExp(`^${prefix}`), trouble: { refuse: 403 } });
    await verifyLiveSegments(services);
    const told = async () => (await findStreamState(db, { streamId, userId: people.host.id }))!.recording!;
    expect(await told()).toMatchObject({ safeUntil: null, lag: { reason: "storage_away" } });
    expect((await told()).lag!.seconds).toBeGreaterThanOrEqual(20);
    proxy.calm();
    await verifyLiveSegments(services);
    expect((await told()).safeUntil).not.toBe(null);
  });
});

async function record() {
  const live = await insertLiveRecording(test.services);
  return { ...live, ...(await insertRunningAttempt(test.services, live)) };
}

/** As if the pause before the next try were over. */
const release = (recordingId: string) =>
  sql`update streaming_recordings set work_until = null where id = ${recordingId}`.execute(test.db);

describe("finishing a recording one of whose segments is answered with", () => {
  it.each(troubles)("%s waits for it, and has it in the end", async (_, trouble) => {
    const { services, db } = test;
    const { recordingId, second } = await stopped();
    proxy.make({ methods: ["GET"], key: second, trouble });
    await expect(finalizeRecording(services, { recordingId })).rejects.toMatchObject({ service: "storage" });
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "finalizing" });
    proxy.calm();
    await release(recordingId);
    await finalizeRecording(services, { recordingId });
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready" });
    expect(await listParts(db, recordingId)).toHaveLength(3);
  });

  it("403 a quarter of an hour after the end goes on without it, and the receipt says why", async () => {
    const { services, db } = test;
    const { recordingId, second } = await stopped();
    await longAgo(recordingId);
    proxy.make({ methods: ["GET"], key: second, trouble: { refuse: 403 } });
    await finalizeRecording(services, { recordingId });
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready" });
    const receipt = await findReceipt(db, { recordingId });
    expect(receipt.attempts[0]).toMatchObject({ parts: 2, broken: [{ number: 1, problem: "unreadable" }] });
    expect(receipt.gaps).toEqual([{ atMs: 2000, ms: 2000 }]);
  });

  it("nothing readable at all, however long, is not the end of the recording", async () => {
    const { services, db } = test;
    const { recordingId, prefix } = await stopped();
    await longAgo(recordingId);
    proxy.make({ methods: ["GET"], key: new RegExp(`^${prefix}seg`), trouble: { refuse: 503 } });
    await expect(finalizeRecording(services, { recordingId })).rejects.toMatchObject({ service: "storage" });
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "finalizing" });
    proxy.calm();
    await release(recordingId);
    await finalizeRecording(services, { recordingId });
    expect(await listParts(db, recordingId)).toHaveLength(3);
  });

  it("404 for all that was verified, as by another bucket, is no loss, however long: it is told, and tried again", async () => {
    const { services, db } = test;
    const { recordingId, attempt, rows } = await stopped();
    await verifySegments(services, await attempt());
    const { storage: config } = services.config;
    const { S3_ENDPOINT: endpoint = "" } = inject("partsEnvironment");
    const { RECORDING_S3_BUCKET: bucket = "" } = inject("recordingStore");
    const empty = createStorage({ ...config, endpoint, bucket });
    for (const wait of [() => Promise.resolve(), () => longAgo(recordingId)]) {
      await wait();
      await release(recordingId);
      const finished = finalizeRecording({ ...services, storage: empty }, { recordingId });
      await expect(finished).rejects.toMatchObject({ service: "storage", code: "nothing_there" });
      expect(await recordingRow(db, recordingId)).toMatchObject({
        status: "finalizing",
        reason: expect.stringMatching(/set to another storage/),
      });
      expect(await rows()).toEqual(good);
    }
    empty.close();
    await release(recordingId);
    await finalizeRecording(services, { recordingId });
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready", reason: "" });
    expect(await listParts(db, recordingId)).toHaveLength(3);
  });

  it("404 for all of one attempt, by the storage that has others, is a loss a quarter of an hour after the end", async () => {
    const { services, db } = test;
    const { storage } = services;
    const other = await stopped();
    await verifySegments(services, await other.attempt());
    const { recordingId, prefix, attempt, rows } = await stopped();
    await verifySegments(services, await attempt());
    const kept = await Promise.all(
      (await storage.list(prefix)).map(async ({ key }) => ({ key, body: await storage.read(key) })),
    );
    for (const { key } of kept) await storage.remove(key);
    const finish = () => finalizeRecording(services, { recordingId });
    await expect(finish()).rejects.toMatchObject({ service: "storage", code: "nothing_there" });
    expect(await rows()).toEqual(good);
    await longAgo(recordingId);
    await release(recordingId);
    await finish();
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "failed" });
    expect(await rows()).toEqual(good.map(([number]) => [number, "missing"]));
    for (const { key, body } of kept) await storage.write(key, body!, "video/mp2t");
    expect(await takeBackSegments(services, (await attempt()).id)).toBe(3);
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready" });
  });
});

const longAgo = (recordingId: string) =>
  sql`update streaming_recordings set stopped_at = now() - interval '16 minutes' where id = ${recordingId}`.execute(
    test.db,
  );

describe("a viewer's segment, while storage answers with", () => {
  let replay: Awaited<ReturnType<typeof insertReplay>>;
  let cookie: string;
  const fetchSegment = () => fetch(`${web.url}${replay.base}/1/1.ts`, { headers: { cookie } });
  beforeAll(async () => {
    replay = await insertReplay(test.services, { exports: false });
    cookie = (await signIn(test.db, replay.people.viewer.id)).cookie;
  });

  it.each(troubles.filter(([name]) => !/cut off|stands still/.test(name)))(
    "%s, is refused with a sentence, and there a moment later",
    async (_, trouble) => {
      proxy.make({ methods: ["GET"], key: /seg_00001/, trouble });
      const answer = await fetchSegment();
      expect(answer.status).toBe(503);
      expect(answer.headers.get("retry-after")).toBe("5");
      expect(answer.headers.get("cache-control")).toBe("private, no-store");
      expect(await answer.text()).toBe("This cannot be read right now. Try again in some seconds.\n");
      proxy.calm();
      const again = await fetchSegment();
      expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([200, 91_556]);
    },
  );

  it.each(troubles.filter(([name]) => /cut off|stands still/.test(name)))(
    "%s, never looks whole",
    async (_, trouble) => {
      proxy.make({ methods: ["GET"], key: /seg_00001/, trouble });
      const outcome = await fetchSegment().then(async (answer) => {
        const whole = await answer.arrayBuffer().catch(() => undefined);
        return whole ? answer.status : "broken off";
      });
      expect(["broken off", 503]).toContain(outcome);
      proxy.calm();
      expect((await (await fetchSegment()).arrayBuffer()).byteLength).toBe(91_556);
    },
  );
});
