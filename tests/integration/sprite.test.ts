import { sql } from "kysely";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { keyFrameOf } from "#app/domain/media/poster.ts";
import { readSegment } from "#app/domain/media/segment.ts";
import { exportFolder } from "#app/domain/recordings/export-folders.ts";
import { sha256 } from "#app/domain/recordings/export-pieces.ts";
import { exportSprite, sheetKey } from "#app/domain/recordings/export-sprite.ts";
import { runExport } from "#app/domain/recordings/exports.ts";
import { insertLiveRecording, segmentsOf } from "./recording-fixtures.ts";
import { openTestServices, putInPlace } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
let exportId: string;
let live: Awaited<ReturnType<typeof insertLiveRecording>>;
beforeAll(async () => {
  test = await openTestServices({ env: { LIVEKIT_URL: "http://127.0.0.1:9" } });
});
afterAll(() => test.close());

/** A ready recording of 20 minutes: a test pattern, but a room in its 3rd and its 105th ten seconds, and rubbish in its 5th. */
beforeEach(async () => {
  const { db, services } = test;
  live = await insertLiveRecording(services);
  const prefix = `recordings/${live.streamId}/1/`;
  const [[pattern], [room]] = await Promise.all([segmentsOf("x264"), segmentsOf("egress")]);
  await services.storage.write(`${prefix}pattern.ts`, pattern!, "video/mp2t");
  await services.storage.write(`${prefix}room.ts`, room!, "video/mp2t");
  const rubbish = Buffer.alloc(188 * 20, 7);
  await services.storage.write(`${prefix}rubbish.ts`, rubbish, "video/mp2t");
  await sql`
    with attempt as (
      insert into streaming_recording_attempts (recording_id, number, prefix, status)
      values (${live.recordingId}::uuid, 1, ${prefix}, 'complete') returning id
    )
    insert into streaming_recording_segments
      (attempt_id, number, key, sha256, bytes, first_pts, duration_ticks, has_video, width, height)
    select id, n, ${prefix}::text || case
        when n / 5 in (2, 104) then 'room.ts' when n / 5 = 4 then 'rubbish.ts' else 'pattern.ts' end,
      case when n / 5 in (2, 104) then ${sha256(room!)} when n / 5 = 4 then ${sha256(rubbish)} else ${sha256(pattern!)} end,
      1000, n * 180000, 180000, true, 320, 180
    from attempt, generate_series(0, 599) n
  `.execute(db);
  await sql`update streaming_recordings set status = 'ready', ready_at = now(), duration_ms = 1200000
    where id = ${live.recordingId}::uuid`.execute(db);
  const made = await db
    .insertInto("streaming_recording_exports")
    .values({ recording_id: live.recordingId, kind: "sprite" })
    .returning("id")
    .executeTakeFirstOrThrow();
  exportId = made.id;
});

const task = (report: (progress: number) => Promise<void> = async () => {}) => ({
  ...{ exportId, recordingId: live.recordingId, streamId: live.streamId, report },
  folder: exportFolder({ ...live, kind: "sprite", version: 0 }),
});

/** How much of a tile is what: its brightness, and how much its pixels differ from that. */
async function tileOf(key: string, number: number) {
  const bytes = (await test.services.storage.read(sheetKey(key, Math.floor(number / 100))))!;
  const place = number % 100;
  const { data } = await sharp(bytes)
    .extract({ left: (place % 10) * 160, top: Math.floor(place / 10) * 90, width: 160, height: 90 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return { mean, spread: Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length) };
}

it("has each ten seconds' picture in its tile, over several sheets, and an empty one where there is none", async () => {
  const progress: number[] = [];
  const result = await exportSprite(
    test.services,
    task(async (now) => void progress.push(now)),
  );
  const key = result!.key;
  expect((await test.services.storage.list(`exports/${live.streamId}/`)).map((object) => object.key)).toEqual(
    [key, sheetKey(key, 1)],
  );
  const size = async (sheet: number) =>
    test.services.media.sizeOfJpeg((await test.services.storage.read(sheetKey(key, sheet)))!);
  expect([await size(0), await size(1)]).toEqual([
    { width: 1600, height: 900 },
    { width: 1600, height: 180 },
  ]);
  for (const pattern of [0, 1, 3, 99, 100, 119])
    expect((await tileOf(key, pattern)).spread, `tile ${pattern}`).toBeGreaterThan(70);
  for (const room of [2, 104]) {
    const { mean, spread } = await tileOf(key, room);
    expect(mean, `tile ${room}`).toBeGreaterThan(15);
    expect(spread).toBeLessThan(60);
  }
  expect((await tileOf(key, 4)).mean).toBeLessThan(6);
  expect(progress).toHaveLength(120);
  expect(progress.at(-1)).toBe(1);
}, 120_000);

it("goes on at the sheet at which a run before it stopped, and a second run writes the same", async () => {
  const stop = async (now: number) => {
    if (now > 0.9) throw new Error("somebody else's");
  };
  await expect(exportSprite(test.services, task(stop))).rejects.toThrow("somebody else's");
  const [left] = await test.services.storage.list(`exports/${live.streamId}/`);
  const told: number[] = [];
  const result = await exportSprite(
    test.services,
    task(async (now) => void told.push(now)),
  );
  expect(told).toHaveLength(20);
  const objects = await test.services.storage.list(`exports/${live.streamId}/`);
  expect(objects[0]).toEqual(left);
  expect(await exportSprite(test.services, task())).toEqual(result);
  expect(await test.services.storage.list(`exports/${live.streamId}/`)).toEqual(objects);
  const cutOff = { key: result!.key, bytes: Buffer.from("cut off"), contentType: "image/jpeg" };
  await putInPlace(test.services, cutOff);
  expect(await exportSprite(test.services, task())).toEqual(result);
}, 120_000);

it("is said not to be possible for a recording of sound alone", async () => {
  const { db, services } = test;
  await sql`update streaming_recording_segments s set width = null, height = null, has_video = false
    from streaming_recording_attempts a where a.id = s.attempt_id and a.recording_id = ${live.recordingId}::uuid`.execute(
    db,
  );
  await runExport(services, { exportId });
  const row = await db
    .selectFrom("streaming_recording_exports")
    .select(["status", "reason"])
    .where("id", "=", exportId)
    .executeTakeFirstOrThrow();
  expect(row).toEqual({ status: "failed", reason: "There is no picture in this recording." });
});

it("is decoded in one process, which survives what is no picture, and ends with the work", async () => {
  const [bytes] = await segmentsOf("x264");
  const segment = readSegment(bytes!);
  if (!segment.ok || !segment.video) throw new Error("no video");
  const keyFrame = keyFrameOf(segment.video);
  const decoder = test.services.media.openDecoder({ width: 160, height: 90 });
  try {
    expect(await decoder.decode(keyFrame)).toMatchObject({ width: 160, height: 90 });
    for (const wrong of [Buffer.alloc(0), Buffer.alloc(5000, 3), keyFrame.subarray(0, 40)])
      await expect(decoder.decode(wrong)).rejects.toMatchObject({ code: "undecodable", retryable: false });
    expect(await decoder.decode(keyFrame)).toMatchObject({ width: 160, height: 90 });
  } finally {
    decoder.close();
  }
  expect(await test.services.media.decodeKeyFrame(keyFrame)).toMatchObject({ width: 320, height: 180 });
});
