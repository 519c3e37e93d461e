import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { selectAttempts } from "#app/domain/recordings/attempts.ts";
import { auditRecordings } from "#app/domain/recordings/audit/audit.ts";
import { copySegments } from "#app/domain/recordings/copies.ts";
import { askForCopies, sweepCopies } from "#app/domain/recordings/copy-claims.ts";
import { finalizeRecording } from "#app/domain/recordings/finalize.ts";
import { sha256 } from "#app/domain/recordings/export-pieces.ts";
import { listParts } from "#app/domain/recordings/parts.ts";
import { findReceipt } from "#app/domain/recordings/receipt.ts";
import { removeRecording } from "#app/domain/recordings/removal.ts";
import { sweepFinishing } from "#app/domain/recordings/sweep.ts";
import { verifySegments } from "#app/domain/recordings/verify.ts";
import { createStorage } from "#app/services/storage.ts";
import { type StorageProxy, startStorageProxy, type Trouble } from "#tests/storage-proxy.ts";
import {
  attemptRows,
  finishLive,
  insertLiveRecording,
  insertRunningAttempt,
  recordingRow,
  segmentKey,
  segmentRows,
  segmentsOf,
  writeSegments,
} from "./recording-fixtures.ts";
import { openTestServices } from "./setup.ts";

/** Before the storage that viewers read, and before the store beside it. */
let main: StorageProxy;
let beside: StorageProxy;
let test: Awaited<ReturnType<typeof openTestServices>>;
let segments: Uint8Array[];
beforeAll(async () => {
  const { S3_BUCKET = "" } = inject("partsEnvironment");
  const store = inject("recordingStore");
  main = await startStorageProxy({ endpoint: inject("storeBehind"), bucket: S3_BUCKET });
  beside = await startStorageProxy({
    endpoint: store.RECORDING_S3_ENDPOINT!,
    bucket: store.RECORDING_S3_BUCKET!,
  });
  test = await openTestServices({
    env: {
      ...store,
      ...{ S3_ENDPOINT: main.url, RECORDING_S3_ENDPOINT: beside.url, LIVEKIT_URL: "http://127.0.0.1:9" },
    },
  });
  const { services } = test;
  services.storage.close();
  services.recordingStorage!.close();
  services.storage = createStorage(services.config.storage, { patienceMs: 1800 });
  services.recordingStorage = createStorage(services.config.recordingStorage!, { patienceMs: 1800 });
  segments = await segmentsOf("x264");
}, 60_000);
afterEach(() => {
  main.calm();
  beside.calm();
});
afterAll(async () => {
  await test.close();
  await main.close();
  await beside.close();
});

/** A live stream whose recorder has written segments to the store beside, by default three, which are verified there. */
async function recorded(content = segments) {
  const { services, db } = test;
  const live = await insertLiveRecording(services);
  const { id: attemptId, prefix } = await insertRunningAttempt(services, live);
  await db
    .updateTable("streaming_recording_attempts")
    .set({ store: "beside", store_at: services.recordingStorage!.at })
    .where("id", "=", attemptId)
    .execute();
  await writeSegments(services.recordingStorage!, prefix, content);
  const attempt = await selectAttempts(db).where("a.id", "=", attemptId).executeTakeFirstOrThrow();
  expect(await verifySegments(services, attempt)).toBe(content.length);
  return {
    ...live,
    attemptId,
    prefix,
    copy: () => copySegments(services, { attemptId }),
    finish: () => finishLive(services, live),
    finalize: () => finalizeRecording(services, live),
    row: async () => (await attemptRows(db, live.recordingId))[0]!,
    /** The numbers of those that are not copied, without what is left out. */
    waiting: async () =>
      (await segmentRows(db, live.recordingId))
        .filter(({ problem, awaits_copy }) => problem === null && awaits_copy)
        .map(({ number }) => number),
    /** What there is in the storage that viewers read, as it should be. */
    stored: async () => {
      const numbers: number[] = [];
      for (const [number, bytes] of segments.entries()) {
        const found = await services.storage.read(segmentKey(prefix, number));
        if (found && Buffer.compare(found, bytes) === 0) numbers.push(number);
      }
      return numbers;
    },
    /** How often each was written there. */
    written: () => main.seen.filter(({ method, key }) => method === "PUT" && key.startsWith(prefix)),
    /** As if the pause before the next try were over. */
    wait: () =>
      sql`update streaming_recording_attempts set copy_after = null where id = ${attemptId}`.execute(db),
    /** The same for finishing. */
    release: () =>
      sql`update streaming_recordings set work_until = null where id = ${live.recordingId}`.execute(db),
  };
}

const all = [0, 1, 2];

describe("what is verified in the store beside", () => {
  it("is copied byte for byte, once, also when two workers copy at once", async () => {
    const { copy, waiting, stored, written, row } = await recorded();
    expect([await waiting(), await stored()]).toEqual([all, []]);
    await Promise.all([copy(), copy()]);
    expect([await waiting(), await stored()]).toEqual([[], all]);
    await copy();
    expect(written()).toHaveLength(3);
    expect(main.broken).toEqual([]);
    expect(await row()).toMatchObject({ copy_until: null, copy_failures: 0, copy_after: null });
  });

  it("is followed by another worker where one was killed in the middle, and not written again", async () => {
    const { copy, waiting, stored, written, attemptId, prefix } = await recorded();
    // It had written one and not said so, and nobody gave back what it had claimed.
    await test.services.storage.write(segmentKey(prefix, 1), segments[1]!, "video/mp2t");
    const claimed = (seconds: number) =>
      sql`update streaming_recording_attempts set copy_until = clock_timestamp() + make_interval(secs => ${seconds})
        where id = ${attemptId}`.execute(test.db);
    await claimed(15);
    await copy();
    expect(await waiting()).toEqual(all);
    await claimed(-1);
    await copy();
    expect([await waiting(), await stored()]).toEqual([[], all]);
    expect(written()).toHaveLength(3);
  });

  it("is not touched by a worker that has slept while another one took its place", async () => {
    const { copy, waiting, stored, attemptId, prefix, row } = await recorded();
    const { db, services } = test;
    const store = services.recordingStorage!;
    const key = segmentKey(prefix, 1);
    const verify = async (bytes: Uint8Array) => {
      await store.write(key, bytes, "video/mp2t");
      await db
        .updateTable("streaming_recording_segments")
        .set({ sha256: sha256(bytes) })
        .where("key", "=", key)
        .execute();
    };
    const claim = (words: ReturnType<typeof sql>) =>
      sql`update streaming_recording_attempts set ${words} where id = ${attemptId}`.execute(db);
    let slept = 0;
    /** It has read one when it falls asleep, and is missed; that one is verified anew and copied, and somebody else goes on. */
    const read = async (asked: string) => {
      const bytes = await store.read(asked);
      if (asked !== key) return bytes;
      slept++;
      await vi.waitFor(async () => expect(await waiting()).toEqual([1]), 10_000);
      await claim(sql`copy_until = now() - interval '1 second'`);
      await verify(segments[1]!);
      await copy();
      await claim(sql`copy_until = now() + interval '15 seconds', copy_claims = copy_claims + 1`);
      return bytes;
    };
    await verify(segments[1]!.map((byte, at) => (at === 4000 ? byte ^ 0x55 : byte)));
    await copySegments({ ...services, recordingStorage: { ...store, read } }, { attemptId });
    expect([slept, await waiting(), await stored()]).toEqual([1, [], all]);
    const { copy_until: until, copy_claims: claims, copy_failures: failures } = await row();
    expect([until !== null, claims, failures]).toEqual([true, 3, 0]);
  }, 20_000);

  it("is not called copied while other bytes lie there, and comes to be what it was", async () => {
    const { copy, waiting, stored, prefix, row, wait } = await recorded();
    const direct = createStorage({
      ...test.services.config.storage,
      endpoint: inject("partsEnvironment").S3_ENDPOINT!,
    });
    const spoil = async (number: number, bytes: Uint8Array) => {
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await direct.write(segmentKey(prefix, number), bytes, "video/mp2t");
    };
    const put = (number: number, bytes: Uint8Array) =>
      main.make({
        methods: ["PUT"],
        key: new RegExp(`^${segmentKey(prefix, number)}$`),
        times: 1,
        trouble: { then: () => spoil(number, bytes) },
      });
    put(
      0,
      segments[0]!.map((byte, at) => (at === 4000 ? byte ^ 0x55 : byte)),
    );
    put(2, segments[2]!.subarray(0, 1880));
    await copy();
    expect(await waiting()).toEqual([0, 2]);
    expect(await row()).toMatchObject({ copy_failures: 1, copy_until: null });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await wait();
    await copy();
    expect([await waiting(), await stored()]).toEqual([[], all]);
    direct.close();
  }, 20_000);

  const troubles: [string, Trouble][] = [
    ["403", { refuse: 403 }],
    ["500", { refuse: 500 }],
    ["503", { refuse: 503 }],
    ["507", { refuse: 507 }],
    ["no answer", "silence"],
    ["a connection that ends", "hang up"],
  ];
  const places = [
    ["writing", () => main, ["PUT"]],
    ["reading back", () => main, ["GET"]],
    ["reading where it was recorded", () => beside, ["GET"]],
  ] as const;
  it.each(
    places.flatMap(([words, proxy, methods]) =>
      troubles.map((each) => [words, ...each, proxy, methods] as const),
    ),
  )(
    "whose %s is answered with %s waits, keeps no other waiting, and is copied when it can be",
    async (_place, _name, trouble, proxy, methods) => {
      const { copy, waiting, stored, row, wait, prefix } = await recorded();
      proxy().make({ methods: [...methods], key: new RegExp(`^${segmentKey(prefix, 1)}$`), trouble });
      await copy();
      expect([await waiting(), (await row()).copy_failures]).toEqual([[1], 1]);
      proxy().calm();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await wait();
      await copy();
      expect([await waiting(), await stored()]).toEqual([[], all]);
    },
    20_000,
  );

  it("is copied by a slow store as by any other", async () => {
    const { copy, waiting, stored } = await recorded();
    main.make({ methods: ["PUT"], trouble: { slowMs: 500 } });
    await copy();
    expect([await waiting(), await stored()]).toEqual([[], all]);
  });

  it("is tried for, after pauses of a minute at most, however long storage is away", async () => {
    const { copy, waiting, row, attemptId } = await recorded();
    const { db, services } = test;
    const jobs = async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from pgboss.job
        where name = 'recording.copy' and data->>'attemptId' = ${attemptId}
      `.execute(db);
      return rows[0]!.count;
    };
    main.make({ trouble: { refuse: 503 } });
    // Two days of a try each minute.
    for (const failures of [0, 1, 3, 2880]) {
      await db
        .updateTable("streaming_recording_attempts")
        .set({ copy_failures: failures, copy_after: null })
        .where("id", "=", attemptId)
        .execute();
      await copy();
      const { rows } = await sql<{ pause: number }>`
        select extract(epoch from copy_after - clock_timestamp())::float8 as pause
        from streaming_recording_attempts where id = ${attemptId}
      `.execute(db);
      expect(await row()).toMatchObject({ copy_failures: failures + 1, copy_until: null });
      expect(rows[0]!.pause).toBeGreaterThan(Math.min(60, 2 ** failures) - 0.9);
      expect(rows[0]!.pause).toBeLessThanOrEqual(Math.min(60, 2 ** failures));
    }
    const asked = main.seen.length;
    await Promise.all([sweepCopies(services), sweepCopies(services)]);
    await copy();
    expect([main.seen.length, await jobs()]).toEqual([asked, 0]);
    await sql`update streaming_recording_attempts set copy_after = now() where id = ${attemptId}`.execute(db);
    main.calm();
    // While nobody begins it, one job is enough, in whichever second it is asked for; after a while it may be lost.
    await Promise.all([sweepCopies(services), sweepCopies(services)]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await db.transaction().execute((trx) => askForCopies(trx, services.queue, { attemptId }));
    expect(await jobs()).toBe(1);
    await sql`update streaming_recording_attempts set copy_asked_at = now() - interval '61 seconds'
      where id = ${attemptId}`.execute(db);
    await sweepCopies(services);
    expect(await jobs()).toBe(2);
    await copy();
    expect(await waiting()).toEqual([]);
    await sweepCopies(services);
    expect(await jobs()).toBe(2);
    expect(await row()).toMatchObject({ copy_asked_at: null });
  });
});

it("a worker that is told to end copies no further, and another one goes on", async () => {
  const { finish, recordingId, finalize, release, wait, waiting } = await recorded(
    await segmentsOf("egress"),
  );
  const { db, services } = test;
  main.make({ trouble: { refuse: 503 } });
  await finish();
  main.calm();
  await wait();
  await release();
  expect(await waiting()).toHaveLength(8);
  const ending = new AbortController();
  main.make({ methods: ["PUT"], times: 1, trouble: { then: async () => ending.abort() } });
  await sweepFinishing(services, ending.signal);
  expect(await waiting()).toEqual([4, 5, 6, 7]);
  expect(await recordingRow(db, recordingId)).toMatchObject({ status: "finalizing" });
  await release();
  await finalize();
  expect(await waiting()).toEqual([]);
  expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready" });
});

describe("a segment that the store beside does not give any more", () => {
  const quarter = (attemptId: string) =>
    sql`update streaming_recording_segments set ungiven_since = ungiven_since - interval '16 minutes'
      where attempt_id = ${attemptId}`.execute(test.db);

  it.each([
    ["refused", { refuse: 403 }],
    ["said not to be there, and listed", { refuse: 404 }],
  ] as [string, Trouble][])("and is %s is left out after a quarter of an hour", async (_, trouble) => {
    const { copy, wait, waiting, stored, recordingId, attemptId } = await recorded();
    const problems = async () =>
      (await segmentRows(test.db, recordingId)).map(({ problem, ungiven_since: since }) => [
        problem,
        since !== null,
      ]);
    beside.make({ methods: ["GET"], key: /seg_00001\.ts$/, trouble });
    await copy();
    expect(await problems()).toEqual([
      [null, false],
      [null, true],
      [null, false],
    ]);
    await wait();
    await copy();
    expect(await waiting()).toEqual([1]);
    await quarter(attemptId);
    await wait();
    await copy();
    expect([await waiting(), await stored()]).toEqual([[], [0, 2]]);
    expect((await problems()).map(([problem]) => problem)).toEqual([null, "unreadable", null]);
  });

  it("counts from the beginning when it was given meanwhile", async () => {
    const { copy, wait, waiting, attemptId } = await recorded();
    const away = beside.make({ methods: ["GET"], key: /seg_00001\.ts$/, trouble: { refuse: 403 } });
    await copy();
    await quarter(attemptId);
    away.lift();
    main.make({ methods: ["PUT"], trouble: { refuse: 503 } });
    await wait();
    await copy();
    main.calm();
    beside.make({ methods: ["GET"], key: /seg_00001\.ts$/, trouble: { refuse: 403 } });
    await wait();
    await copy();
    expect(await waiting()).toEqual([1]);
  });

  it("is waited for while the stream goes on and that store gives nothing at all", async () => {
    const { copy, wait, waiting, attemptId } = await recorded();
    beside.make({ trouble: { refuse: 503 } });
    await copy();
    await quarter(attemptId);
    await wait();
    await copy();
    expect(await waiting()).toEqual(all);
    beside.calm();
    await wait();
    await copy();
    expect(await waiting()).toEqual([]);
  });
});

describe("what is copied", () => {
  it("stays in its recording, whatever the store beside makes of where it came from", async () => {
    const { copy, finish, recordingId, attemptId, prefix } = await recorded();
    const { services, db } = test;
    await copy();
    const store = services.recordingStorage!;
    await store.remove(segmentKey(prefix, 0));
    await store.write(segmentKey(prefix, 1), segments[1]!.subarray(0, 1880), "video/mp2t");
    const attempt = await selectAttempts(db).where("a.id", "=", attemptId).executeTakeFirstOrThrow();
    expect(await verifySegments(services, attempt)).toBe(0);
    await finish();
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready" });
    expect((await segmentRows(db, recordingId)).map(({ problem, bytes }) => [problem, bytes])).toEqual(
      segments.map(({ length }) => [null, length]),
    );
  });

  it("is nothing of another store that is configured instead: that one is not asked, and all waits for the first", async () => {
    const { attemptId, recordingId, streamId, waiting, row, release, wait, finalize } = await recorded();
    const { services, db } = test;
    const other = { ...services, recordingStorage: services.storage };
    const attempt = await selectAttempts(db).where("a.id", "=", attemptId).executeTakeFirstOrThrow();
    for (const whole of [false, true])
      await expect(verifySegments(other, attempt, { whole })).rejects.toMatchObject({
        code: "not_configured",
      });
    await copySegments(other, { attemptId });
    expect([await waiting(), (await row()).copy_failures]).toEqual([all, 1]);
    await expect(finishLive(other, { recordingId, streamId })).rejects.toMatchObject({
      code: "not_configured",
    });
    await sql`update streaming_recordings set stopped_at = stopped_at - interval '16 minutes'
      where id = ${recordingId}`.execute(db);
    await release();
    await expect(finalizeRecording(other, { recordingId })).rejects.toMatchObject({ code: "not_configured" });
    await release();
    await wait();
    await finalize();
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready" });
    expect((await segmentRows(db, recordingId)).map(({ problem }) => problem)).toEqual([null, null, null]);
  });
});

describe("a recording that lies in the store beside", () => {
  it("is ready when all of it is where viewers read, and not before", async () => {
    const { finish, finalize, release, wait, waiting, stored, recordingId, prefix } = await recorded();
    const { db, services } = test;
    main.make({ trouble: { refuse: 503 } });
    await finish();
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "finalizing", reason: "" });
    expect(await waiting()).toEqual(all);
    const { bytes } = await findReceipt(db, { recordingId });
    expect((await findReceipt(db, { recordingId })).waiting).toEqual({ parts: 3, bytes, atMs: 0 });
    main.calm();
    await release();
    await wait();
    await finalize();
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready", bytes });
    expect([await waiting(), await stored()]).toEqual([[], all]);
    const parts = await listParts(db, recordingId);
    expect(parts.map(({ number, gapMs }) => [number, gapMs])).toEqual(all.map((number) => [number, 0]));
    expect((await findReceipt(db, { recordingId })).waiting).toBe(null);
    // Nothing was taken from where it came from.
    expect((await services.recordingStorage!.list(prefix)).length).toBe(4);
  });

  it("goes on without what was lost before it was copied, with a gap; what is only not given is waited for", async () => {
    const { finish, finalize, release, wait, waiting, recordingId, prefix } = await recorded();
    const { db, services } = test;
    main.make({ trouble: { refuse: 503 } });
    await finish();
    main.calm();
    const again = async () => {
      await release();
      await wait();
      await finalize();
    };
    // Said not to be there, and listed all the same.
    const lie = beside.make({ methods: ["GET"], key: /seg_00001\.ts$/, trouble: { refuse: 404 } });
    await again();
    expect([await waiting(), (await recordingRow(db, recordingId)).status]).toEqual([[1], "finalizing"]);
    lie.lift();
    // Other bytes than those that were verified.
    await services.recordingStorage!.write(segmentKey(prefix, 1), segments[0]!, "video/mp2t");
    await again();
    expect([await waiting(), (await recordingRow(db, recordingId)).status]).toEqual([[1], "finalizing"]);
    await services.recordingStorage!.remove(segmentKey(prefix, 1));
    await again();
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready" });
    expect(await listParts(db, recordingId)).toMatchObject([
      { number: 0, gapMs: 0 },
      { number: 2, gapMs: 2000 },
    ]);
    const { attempts } = await findReceipt(db, { recordingId });
    expect(attempts[0]!.broken).toEqual([{ number: 1, problem: "missing" }]);
  });

  it("is finished with what is copied where that store stays away for a quarter of an hour", async () => {
    const { copy, finish, finalize, release, wait, waiting, recordingId } = await recorded();
    const { db } = test;
    const put = main.make({ methods: ["PUT"], key: /seg_00001\.ts$/, trouble: { refuse: 503 } });
    await copy();
    put.lift();
    beside.make({ trouble: "hang up" });
    await expect(finish()).rejects.toThrow(/storage/);
    const later = async () => {
      await sql`update streaming_recordings set stopped_at = stopped_at - interval '16 minutes'
        where id = ${recordingId}`.execute(db);
      await sql`update streaming_recording_segments g set ungiven_since = ungiven_since - interval '16 minutes'
        from streaming_recording_attempts a where a.id = g.attempt_id and a.recording_id = ${recordingId}`.execute(
        db,
      );
      await release();
      await wait();
      await finalize();
    };
    await later();
    expect([await waiting(), (await recordingRow(db, recordingId)).status]).toEqual([[1], "finalizing"]);
    await later();
    expect(await recordingRow(db, recordingId)).toMatchObject({ status: "ready" });
    expect(await listParts(db, recordingId)).toMatchObject([
      { number: 0, gapMs: 0 },
      { number: 2, gapMs: 2000 },
    ]);
    const { attempts } = await findReceipt(db, { recordingId });
    expect(attempts[0]).toMatchObject({
      reason: "the last of what it wrote could not be read",
      broken: [{ number: 1, problem: "unreadable" }],
    });
  }, 30_000);

  it("is what the audit says waits there, and is gone from both when it is removed", async () => {
    const { copy, finish, recordingId, prefix } = await recorded();
    const { db, services } = test;
    const findings = async () => {
      const found: string[] = [];
      for await (const { kind, key } of auditRecordings(services))
        if (key.startsWith(prefix)) found.push(`${kind} ${key.slice(prefix.length)}`);
      return found;
    };
    expect(await findings()).toEqual([
      "attempt-beside ",
      ...all.map((number) => `segment-beside seg_0000${number}.ts`),
    ]);
    await copy();
    expect(await findings()).toEqual(["attempt-beside "]);
    await finish();
    expect(await findings()).toEqual([]);
    await sql`update streaming_recordings set deleted_at = now() - interval '15 days', removed_at = now()
      where id = ${recordingId}`.execute(db);
    // Without its variables, or with another's, what lies in that store would stay for ever.
    for (const recordingStorage of [null, services.storage])
      await expect(removeRecording({ ...services, recordingStorage }, { recordingId })).rejects.toMatchObject(
        {
          code: "not_configured",
          retryable: true,
        },
      );
    expect(await recordingRow(db, recordingId)).toMatchObject({ emptied_at: null });
    expect(await segmentRows(db, recordingId)).toHaveLength(3);
    expect(await services.recordingStorage!.list(prefix)).toHaveLength(4);
    expect(await findings()).toEqual(["attempt-beside "]);
    await removeRecording(services, { recordingId });
    expect((await recordingRow(db, recordingId)).emptied_at).not.toBe(null);
    expect(await services.storage.list(prefix)).toEqual([]);
    expect(await services.recordingStorage!.list(prefix)).toEqual([]);
  });
});
