import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEditList, type TypedEdit } from "#app/domain/recordings/edit-list.ts";
import { findEdit, saveEdit, undoEdit } from "#app/domain/recordings/edits.ts";
import { runExport } from "#app/domain/recordings/exports.ts";
import { listParts } from "#app/domain/recordings/parts.ts";
import { findPlayed } from "#app/domain/recordings/played.ts";
import { replayPlaylist } from "#app/domain/recordings/playlist.ts";
import { findReplay, saveReplayPosition } from "#app/domain/recordings/replay.ts";
import { decodeWhole } from "#tests/mp4-decoder.ts";
import { exportRows, insertReplay, makeExports, recordingRow } from "./recording-fixtures.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices({ env: { LIVEKIT_URL: "http://127.0.0.1:9" } });
});
afterAll(() => test.close());

type Replay = Awaited<ReturnType<typeof insertReplay>>;

const segmentLines = async (recordingId: string) =>
  replayPlaylist(await listParts(test.db, recordingId))
    .split("\n")
    .filter((line) => line.endsWith(".ts"));

const mp4Row = async (recordingId: string) =>
  (await exportRows(test.db, recordingId)).find(({ kind }) => kind === "mp4")!;

async function cut(replay: Replay, typed: Partial<TypedEdit>, seen?: number) {
  const { db, services } = test;
  const list = readEditList({ start: "", end: "", cuts: [], ...typed }, 12_000);
  if (!list.ok) throw new Error(JSON.stringify(list.problems));
  return saveEdit(db, services.queue, {
    recordingId: replay.recordingId,
    userId: replay.people.host.id,
    seen: seen ?? (await recordingRow(db, replay.recordingId)).edit,
    edit: list.edit,
  });
}

const undo = async ({ recordingId }: Replay) =>
  undoEdit(test.db, test.services.queue, {
    recordingId,
    seen: (await recordingRow(test.db, recordingId)).edit,
  });

describe("an edit of a recording", () => {
  it("is what plays from then on; until the next one all who ask get what was made once", async () => {
    const replay = await insertReplay(test.services, { exports: false });
    const ask = () => findPlayed(test.db, replay.recordingId);
    const [whole, again] = await Promise.all([ask(), ask()]);
    expect(again).toBe(whole);
    expect(await ask()).toBe(whole);
    await cut(replay, { start: "2" });
    const cutting = await ask();
    expect(cutting.playlist).toBe(replayPlaylist(await listParts(test.db, replay.recordingId)));
    expect(cutting.playlist).not.toBe(whole.playlist);
    expect(cutting.clock.durationMs).toBe(10_000);
    await undo(replay);
    expect((await ask()).playlist).toBe(whole.playlist);
  });

  it("leaves segments out of the replay, and a player starts anew where something was cut", async () => {
    const replay = await insertReplay(test.services, { exports: false });
    expect(await cut(replay, { start: "2", cuts: [{ from: "4", to: "8" }] })).toEqual({
      ok: true,
      changed: true,
    });
    const lines = replayPlaylist(await listParts(test.db, replay.recordingId)).split("\n");
    expect(lines.filter((line) => line.endsWith(".ts"))).toEqual(["1/1.ts", "2/1.ts", "2/2.ts"]);
    const second = lines.indexOf("2/1.ts");
    expect(lines.slice(second - 3, second - 1)).toEqual([
      "#EXT-X-DISCONTINUITY",
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:43.000Z",
    ]);
    expect(lines.filter((line) => line === "#EXT-X-DISCONTINUITY")).toHaveLength(1);
    expect(lines.filter((line) => line === "#EXT-X-ENDLIST")).toHaveLength(1);
  });

  it("is saved once: the same again changes nothing", async () => {
    const replay = await insertReplay(test.services, { exports: false });
    await cut(replay, { end: "8" });
    expect(await cut(replay, { end: "8.4" })).toEqual({ ok: true, changed: false });
    expect((await recordingRow(test.db, replay.recordingId)).edit).toBe(1);
  });

  it("is refused when it would leave nothing, or a cut would do nothing", async () => {
    const replay = await insertReplay(test.services, { exports: false });
    expect(await cut(replay, { cuts: [{ from: "0", to: "12" }] })).toEqual({
      ok: false,
      reason: "nothing_left",
    });
    expect(await cut(replay, { start: "4.9", end: "5.2" })).toMatchObject({ ok: true });
    const short = { fromMs: 4100, toMs: 4800 };
    expect(await cut(replay, { cuts: [{ from: "4.1", to: "4.8" }] })).toEqual({
      ok: false,
      reason: "idle",
      cut: short,
    });
  });

  it("made of an old one is refused, and of two at once one is", async () => {
    const replay = await insertReplay(test.services, { exports: false });
    const saved = await Promise.all([cut(replay, { end: "8" }, 0), cut(replay, { end: "6" }, 0)]);
    expect(saved.filter(({ ok }) => ok)).toHaveLength(1);
    expect(saved.find(({ ok }) => !ok)).toEqual({ ok: false, reason: "changed_before" });
    expect(await cut(replay, { start: "2" }, 0)).toEqual({ ok: false, reason: "changed_before" });
  });

  it("is refused while there is no finished recording, and when that was deleted", async () => {
    const replay = await insertReplay(test.services, { exports: false });
    await test.db
      .updateTable("streaming_recordings")
      .set({ deleted_at: new Date() })
      .where("id", "=", replay.recordingId)
      .execute();
    expect(await cut(replay, { end: "8" })).toEqual({ ok: false, reason: "gone" });
    expect(await undo(replay)).toBe(false);
  });

  it("can be undone, step by step to the recording as it was", async () => {
    const replay = await insertReplay(test.services, { exports: false });
    const { recordingId } = replay;
    const whole = await segmentLines(recordingId);
    await cut(replay, { end: "8" });
    const once = await segmentLines(recordingId);
    await cut(replay, { start: "2", end: "8" });
    expect(await segmentLines(recordingId)).toHaveLength(3);
    expect(await undo(replay)).toBe(true);
    expect(await segmentLines(recordingId)).toEqual(once);
    // Another one after that: undoing it goes back to the one before.
    await cut(replay, { end: "4" });
    expect(await undo(replay)).toBe(true);
    expect(await segmentLines(recordingId)).toEqual(once);
    expect(await undo(replay)).toBe(true);
    expect(await segmentLines(recordingId)).toEqual(whole);
    expect(await undo(replay)).toBe(false);
    expect(await findEdit(test.db, recordingId)).toBeUndefined();
  });

  it("moves the length, the places where people stopped, and what is missing", async () => {
    const replay = await insertReplay(test.services, { exports: false });
    const { streamId, recordingId } = replay;
    const userId = replay.people.viewer.id;
    const find = () => findReplay(test.db, { streamId, userId });
    await saveReplayPosition(test.db, { userId, streamId, recordingId, positionMs: 6500, edit: 0 });
    await cut(replay, { start: "4" });
    expect(await find()).toMatchObject({
      edit: 1,
      durationMs: 8000,
      positionMs: 2500,
      gaps: [{ atMs: 2000, ms: 35_000 }],
    });
    await saveReplayPosition(test.db, { userId, streamId, recordingId, positionMs: 1000, edit: 1 });
    await undo(replay);
    expect(await find()).toMatchObject({ edit: 0, durationMs: 12_000, positionMs: 5000 });
    // A page that is still open plays by the edit that it was loaded with, and no place of another one is taken.
    await saveReplayPosition(test.db, { userId, streamId, recordingId, positionMs: 1000, edit: 1 });
    expect(await find()).toMatchObject({ positionMs: 5000 });
    expect(
      await saveReplayPosition(test.db, { userId, streamId, recordingId, positionMs: 1000, edit: 9 }),
    ).toBe(false);
    expect(await find()).toMatchObject({ positionMs: 5000 });
    // What was missing beside what is cut is not missed.
    await cut(replay, { cuts: [{ from: "4", to: "6" }] });
    expect((await find())!.gaps).toEqual([]);
  });
});

describe("the MP4 of an edited recording", () => {
  it("is made anew, and the one before stays until it is there", async () => {
    const { services } = test;
    const replay = await insertReplay(services);
    const { recordingId } = replay;
    const before = await mp4Row(recordingId);
    expect(before).toMatchObject({ status: "ready", edit: 0 });
    await cut(replay, { start: "2", cuts: [{ from: "8", to: "10" }] });
    expect(await mp4Row(recordingId)).toMatchObject({ status: "waiting", key: before.key, edit: 0 });
    expect(await services.storage.head(before.key!)).toBeDefined();
    await makeExports(services, recordingId);
    const after = await mp4Row(recordingId);
    expect(after).toMatchObject({ status: "ready", edit: 1 });
    expect(after.key).not.toBe(before.key);
    expect(await services.storage.head(before.key!)).toBeUndefined();
    const { video, audio, seconds } = await decodeWhole(
      Buffer.from((await services.storage.read(after.key!))!),
    );
    expect([video.length, audio.length]).toEqual([1, 1]);
    // As long as the replay: neither what was cut nor the 35 s that are missing take time.
    expect(video[0]!.times).toHaveLength(4 * 60);
    expect(seconds).toBeCloseTo(8, 1);
  });

  it("is there at once when the edit is undone before another was made", async () => {
    const replay = await insertReplay(test.services);
    const before = await mp4Row(replay.recordingId);
    await cut(replay, { end: "8" });
    await undo(replay);
    expect(await mp4Row(replay.recordingId)).toMatchObject({ status: "ready", key: before.key, edit: 0 });
  });

  it("that was being made while it was cut is not taken, and is made again", async () => {
    const { services } = test;
    const replay = await insertReplay(services, { exports: false });
    const { id } = await mp4Row(replay.recordingId);
    let cutMeanwhile = false;
    const storage = {
      ...services.storage,
      async read(key: string) {
        if (!cutMeanwhile) await cut(replay, { end: "4" });
        cutMeanwhile = true;
        return services.storage.read(key);
      },
    };
    await runExport({ ...services, storage }, { exportId: id }).catch(() => {});
    expect(await mp4Row(replay.recordingId)).toMatchObject({ status: "waiting", version: 1, tries: 0 });
    await runExport(services, { exportId: id });
    const made = await mp4Row(replay.recordingId);
    expect(made).toMatchObject({ status: "ready", edit: 1 });
    expect(made.duration_ms).toBeGreaterThan(3900);
    expect(made.duration_ms).toBeLessThan(4200);
  });
});
