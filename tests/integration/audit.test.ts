import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { auditRecordings, type Finding } from "#app/domain/recordings/audit/audit.ts";
import { root } from "#local/root.ts";
import { exportRows, insertReplay, makeExports, recordingRow, segmentRows } from "./recording-fixtures.ts";
import { openTestServices, putInPlace } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
let replay: Awaited<ReturnType<typeof insertReplay>>;
let folders: string[];
beforeAll(async () => {
  test = await openTestServices({ env: { LIVEKIT_URL: "http://127.0.0.1:9" } });
}, 60_000);
afterAll(() => test.close());
beforeEach(async () => {
  replay = await insertReplay(test.services);
  folders = [`recordings/${replay.streamId}/`, `exports/${replay.streamId}/`];
  // Storage keeps whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
});

/** What is found about this test's recording: the bucket is everybody's. */
async function findings(options: { hashes?: boolean; settledMs?: number } = {}): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of auditRecordings(test.services, { settledMs: 0, ...options }))
    found.push(finding);
  return found.filter(({ key }) => folders.some((folder) => key.startsWith(folder)));
}

const kinds = async (options?: Parameters<typeof findings>[0]) =>
  (await findings(options)).map(
    ({ kind, key }) =>
      `${kind} ${key
        .split("/")
        .slice(3)
        .join("/")
        .replace(/[0-9a-f]{32}/, "…")}`,
  );

const repairAll = async () => {
  for (const { repair } of await findings()) await repair?.(test.services);
};

const putMp4 = (key: string, bytes: Uint8Array) =>
  putInPlace(test.services, { key, bytes, contentType: "video/mp4" });

const exportOf = async (kind: string) =>
  (await exportRows(test.db, replay.recordingId)).find((row) => row.kind === kind)!;

it("finds nothing where all is as it should be, with every byte read, too", async () => {
  expect(await findings()).toEqual([]);
  expect(await findings({ hashes: true })).toEqual([]);
});

it("finds segments that are gone, shorter, or others, and repairs none", async () => {
  const { storage } = test.services;
  const [gone, shorter, other] = await segmentRows(test.db, replay.recordingId);
  const bytes = (await storage.read(other!.key))!;
  await storage.remove(gone!.key);
  await storage.write(shorter!.key, bytes.subarray(0, 500), "video/mp2t");
  bytes[1000]! ^= 0xff;
  await storage.write(other!.key, bytes, "video/mp2t");
  const expected = [
    "segment-missing seg_00000.ts",
    "segment-changed seg_00001.ts",
    "segment-changed seg_00002.ts",
  ];
  expect(await kinds()).toEqual(expected);
  expect(await kinds({ hashes: true })).toEqual(expected);
  await repairAll();
  expect(await kinds()).toEqual(expected);
  expect(await segmentRows(test.db, replay.recordingId)).toMatchObject(Array(6).fill({ problem: null }));
});

it("verifies again what was left out and is back, with the same bytes or those that lay there all the time, and no others", async () => {
  const { db, services } = test;
  const { recordingId } = replay;
  const rows = await segmentRows(db, recordingId);
  const [first, second, third, late] = rows;
  const { mp4, length } = { mp4: await exportOf("mp4"), length: 12_000 };
  // Gone when the recording was finished; never given; never seen before; and written after its attempt was sealed.
  const leave = (row: typeof first, change: { problem: string; sha256?: string }) =>
    db
      .updateTable("streaming_recording_segments")
      .set(change)
      .where("attempt_id", "=", row!.attempt_id)
      .where("number", "=", row!.number)
      .execute();
  await leave(first, { problem: "missing" });
  await leave(second, { problem: "unreadable", sha256: "" });
  await leave(third, { problem: "missing", sha256: "0".repeat(64) });
  await db
    .updateTable("streaming_recording_segments")
    .set({ problem: "missing", sha256: "", etag: "", bytes: 0 })
    .where("attempt_id", "=", late!.attempt_id)
    .where("number", "=", late!.number)
    .execute();
  await sql`update streaming_recording_attempts set sealed_at = now() - interval '1 hour' where id = ${late!.attempt_id}`.execute(
    db,
  );
  await sql`update streaming_recordings set duration_ms = 4000 where id = ${recordingId}`.execute(db);
  expect(await kinds()).toEqual(
    rows.slice(0, 4).map(({ number }) => `segment-left-out seg_0000${number}.ts`),
  );
  await db
    .insertInto("streaming_recording_chapters")
    .values({ recording_id: recordingId, at_ms: 0, title: "Beginning" })
    .execute();
  expect((await findings()).map(({ repair }) => repair)).toEqual(Array(4).fill(undefined));
  await db.deleteFrom("streaming_recording_chapters").execute();

  await repairAll();
  const after = await segmentRows(db, recordingId);
  expect(after.map(({ problem }) => problem)).toEqual([null, null, "missing", "missing", null, null]);
  expect(after[1]).toMatchObject({ sha256: second!.sha256, etag: second!.etag });
  const row = await recordingRow(db, recordingId);
  expect(row).toMatchObject({ status: "ready", duration_ms: length - 4000 });
  expect(await exportOf("mp4")).toMatchObject({ status: "waiting", version: mp4.version + 1 });
  await makeExports(services, recordingId);
  expect((await exportOf("mp4")).duration_ms).toBeLessThan(mp4.duration_ms!);
});

it("takes a recording back that had failed for want of its segments", async () => {
  const { db } = test;
  const { recordingId } = replay;
  await sql`update streaming_recording_segments set problem = 'missing' where attempt_id in (
    select id from streaming_recording_attempts where recording_id = ${recordingId})`.execute(db);
  await sql`update streaming_recordings set status = 'failed', failed_at = now(), ready_at = null, duration_ms = 0,
    reason = 'What was recorded cannot be played.' where id = ${recordingId}`.execute(db);
  await repairAll();
  expect(await recordingRow(db, recordingId)).toMatchObject({
    ...{ status: "ready", duration_ms: 12_000, reason: "", failed_at: null },
  });
  expect((await findings()).filter(({ kind }) => kind.startsWith("segment"))).toEqual([]);
});

it("finds what nobody wrote down, tells what came from a recorder that was given up, and removes neither", async () => {
  const { storage } = test.services;
  await storage.write(`${folders[0]}1/seg_00007.ts`, Buffer.from("late"), "video/mp2t");
  await storage.write(`${folders[0]}7/seg_00000.ts`, Buffer.from("lost?"), "video/mp2t");
  await sql`update streaming_recording_attempts set sealed_at = now() - interval '1 hour' where number = 1`.execute(
    test.db,
  );
  const found = await findings();
  expect(found.map(({ kind, key, repair }) => [kind, key.slice(folders[0]!.length), repair])).toEqual([
    ["segment-unknown", "1/seg_00007.ts", undefined],
    ["unknown", "7/", undefined],
  ]);
  expect(found[0]!.words).toContain("given up");
  expect(await findings({ settledMs: 3_600_000 })).toEqual([]);
});

it("has exports that are gone or wrong made again, and removes what exports have left", async () => {
  const { storage } = test.services;
  const before = { mp4: await exportOf("mp4"), poster: await exportOf("poster") };
  const bytes = (await storage.read(before.mp4.key!))!;
  await putMp4(before.mp4.key!, bytes.subarray(0, 9000));
  await storage.remove(before.poster.key!.replace("large", "small"));
  await putMp4(`${folders[1]}${replay.recordingId}/${"0".repeat(32)}.mp4`, Buffer.from("old"));
  expect((await kinds()).sort()).toEqual([
    "export-changed mp4-0/….mp4",
    "export-left ….mp4",
    "export-missing poster-0/…/small.jpg",
  ]);
  await repairAll();
  expect(await exportOf("mp4")).toMatchObject({ status: "waiting", key: null });
  await makeExports(test.services, replay.recordingId);
  expect(await exportOf("mp4")).toMatchObject({
    status: "ready",
    key: before.mp4.key!.replace("/mp4-0/", "/mp4-1/"),
    sha256: before.mp4.sha256,
  });
  expect(await findings({ hashes: true })).toEqual([]);
});

it("sees other bytes of the same length only when it reads them", async () => {
  const { storage } = test.services;
  const { key } = await exportOf("mp4");
  const bytes = (await storage.read(key!))!;
  bytes[bytes.length >> 1]! ^= 0xff;
  await putMp4(key!, bytes);
  expect(await kinds()).toEqual([]);
  expect(await kinds({ hashes: true })).toEqual(["export-changed mp4-0/….mp4"]);
});

it("removes what is left of a removed recording, and nothing of one that can still be restored", async () => {
  const { db, services } = test;
  await sql`update streaming_recordings set deleted_at = now() where id = ${replay.recordingId}`.execute(db);
  expect(await findings()).toEqual([]);
  await sql`update streaming_recordings set removed_at = now() where id = ${replay.recordingId}`.execute(db);
  await sql`delete from streaming_recording_attempts where recording_id = ${replay.recordingId} and number = 2`.execute(
    db,
  );
  expect((await findings()).map(({ kind }) => kind)).toEqual(Array(3).fill("removed-left"));
  await repairAll();
  expect(await findings()).toEqual([]);
  for (const folder of folders) expect(await services.storage.list(folder)).toEqual([]);
});

it("ends uploads that nobody goes on with, and not the one that somebody does", async () => {
  const { storage } = test.services;
  const { id } = await exportOf("mp4");
  const key = `${folders[1]}${replay.recordingId}/${"1".repeat(32)}.mp4`;
  const uploadId = await storage.beginUpload(key, "video/mp4");
  await sql`update streaming_recording_exports set status = 'running', upload_id = ${uploadId}, upload_key = ${key}
    where id = ${id}`.execute(test.db);
  expect(await kinds()).toEqual([]);
  await sql`update streaming_recording_exports set status = 'ready' where id = ${id}`.execute(test.db);
  expect(await kinds()).toEqual(["upload-left ….mp4"]);
  await repairAll();
  expect(await storage.listUploads(folders[1]!)).toEqual([]);
});

it("is a command that says what it found and ends as it found it", async () => {
  const run = (...args: string[]) =>
    new Promise<{ code: number; out: string }>((resolve) => {
      execFile(
        process.execPath,
        ["worker/audit.ts", ...args],
        { cwd: root, env: { ...process.env, ...test.variables } },
        (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, out: stdout + stderr }),
      );
    });
  const key = `recordings/${randomUUID()}/1/seg_00000.ts`;
  expect((await run("--help")).code).toBe(0);
  expect(await run("--repiar")).toMatchObject({ code: 2, out: expect.stringContaining("--repiar") });
  const first = await run("--hashes");
  expect(first.out).toMatch(
    /\naudit objects=\d+ bytes=\d+ segments=\d+ exports=\d+ findings=\d+ repaired=0\n$/,
  );
  await sql`update streaming_recording_segments set key = ${key} where number = 2`.execute(test.db);
  const second = await run("--repair");
  expect(second.code).toBe(1);
  expect(second.out).toContain(`segment-missing  ${key}  verified once, and not there any more\n`);
}, 120_000);
