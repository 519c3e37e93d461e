import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEditList } from "#app/domain/recordings/edit-list.ts";
import { saveEdit, undoEdit } from "#app/domain/recordings/edits.ts";
import { runExport } from "#app/domain/recordings/exports.ts";
import { removeRecording, sweepDeleted } from "#app/domain/recordings/removal.ts";
import { retryExports } from "#app/domain/recordings/remake.ts";
import { sweepExports } from "#app/domain/recordings/sweep.ts";
import { deleteRecording, restoreRecording } from "#app/domain/recordings/withholding.ts";
import { serviceError } from "#app/services/service-error.ts";
import { exportRows, insertReplay, makeExports, recordingRow } from "./recording-fixtures.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices({ env: { LIVEKIT_URL: "http://127.0.0.1:9" } });
});
afterAll(() => test.close());

type Replay = Awaited<ReturnType<typeof insertReplay>>;

const mp4Of = async ({ recordingId }: Replay) =>
  (await exportRows(test.db, recordingId)).find(({ kind }) => kind === "mp4")!;

const jobsOf = async (name: "export" | "remove", id: string) => {
  const { rows } = await sql`
    select id from pgboss.job where name = ${`recording.${name}`} and ${id} in (data->>'exportId', data->>'recordingId')
  `.execute(test.db);
  return rows.length;
};

const set = (id: string, change: string) =>
  sql`update streaming_recording_exports set ${sql.raw(change)} where id = ${id}::uuid`.execute(test.db);

const by = ({ recordingId, people }: Replay) => ({ recordingId, userId: people.host.id });

async function cut(replay: Replay, end: string) {
  const list = readEditList({ start: "", end, cuts: [] }, 12_000);
  if (!list.ok) throw new Error("no edit");
  const { edit } = await recordingRow(test.db, replay.recordingId);
  await saveEdit(test.db, test.services.queue, { ...by(replay), seen: edit, edit: list.edit });
}

const undo = async (replay: Replay) =>
  undoEdit(test.db, test.services.queue, {
    ...by(replay),
    seen: (await recordingRow(test.db, replay.recordingId)).edit,
  });

describe("a recording that was removed", () => {
  it("stays removed: nothing of it is made again, and it is not removed again", async () => {
    const { db, services } = test;
    const replay = await insertReplay(services, { exports: false });
    const { recordingId } = replay;
    await deleteRecording(db, by(replay));
    await sql`update streaming_recordings set deleted_at = now() - interval '15 days'
      where id = ${recordingId}::uuid`.execute(db);
    await sweepDeleted(services);
    await removeRecording(services, { recordingId });
    const asked = await jobsOf("remove", recordingId);
    expect(asked).toBe(1);
    await sweepExports(services);
    expect(await exportRows(db, recordingId)).toEqual([]);
    await sweepDeleted(services);
    expect(await jobsOf("remove", recordingId)).toBe(asked);
    expect((await recordingRow(db, recordingId)).emptied_at).not.toBeNull();
  });

  it("is not removed later because many cannot be for now", async () => {
    const { db, services } = test;
    const stuck = await insertReplay(services, { exports: false });
    await sql`
      insert into streaming_recordings (stream_id, status, failed_at, deleted_at, removed_at)
      select ${stuck.streamId}::uuid, 'failed', now(), now() - interval '60 days', now() - interval '40 days'
      from generate_series(1, 100)
    `.execute(db);
    const replay = await insertReplay(services, { exports: false });
    await deleteRecording(db, by(replay));
    await sql`update streaming_recordings set deleted_at = now() - interval '15 days'
      where id = ${replay.recordingId}::uuid`.execute(db);
    await sweepDeleted(services);
    expect((await recordingRow(db, replay.recordingId)).removed_at).not.toBeNull();
    await sql`update streaming_recordings set emptied_at = now() where stream_id = ${stuck.streamId}::uuid
      and removed_at is not null`.execute(db);
  });
});

describe("an export of a deleted recording", () => {
  it("is not made, and is made when it was restored", async () => {
    const { db, services } = test;
    const replay = await insertReplay(services, { exports: false });
    const { id } = await mp4Of(replay);
    await deleteRecording(db, by(replay));
    await set(id, "next_try_at = now() - interval '1 second'");
    const asked = await jobsOf("export", id);
    await runExport(services, { exportId: id });
    await sweepExports(services);
    expect(await mp4Of(replay)).toMatchObject({ status: "waiting", tries: 0, key: null });
    expect(await jobsOf("export", id)).toBe(asked);
    await restoreRecording(db, services.queue, replay);
    expect(await jobsOf("export", id)).toBe(asked + 1);
    await runExport(services, { exportId: id });
    expect(await mp4Of(replay)).toMatchObject({ status: "ready" });
  });
});

describe("an export while storage is away", () => {
  it("is never given up, and asked for once in a while only", async () => {
    const { services } = test;
    const replay = await insertReplay(services, { exports: false });
    const { id } = await mp4Of(replay);
    const away = async () => {
      throw serviceError("storage", "request failed (TimeoutError)", {
        retryable: true,
        code: "TimeoutError",
      });
    };
    const storage = { ...services.storage, read: away, list: away, head: away };
    await set(id, "tries = 11");
    for (let tries = 0; tries < 14; tries++)
      await expect(runExport({ ...services, storage }, { exportId: id })).rejects.toThrow("TimeoutError");
    expect(await mp4Of(replay)).toMatchObject({ status: "waiting", tries: 11 });
    // The queue tries it again itself; a sweep that has to, asks once.
    const asked = await jobsOf("export", id);
    await set(id, "created_at = now() - interval '1 day'");
    await Promise.all([sweepExports(services), sweepExports(services)]);
    expect(await jobsOf("export", id)).toBe(asked);
    await set(id, "next_try_at = now() - interval '1 second'");
    for (let sweeps = 0; sweeps < 3; sweeps++)
      await Promise.all([sweepExports(services), sweepExports(services)]);
    expect(await jobsOf("export", id)).toBe(asked + 1);
    await runExport(services, { exportId: id });
    expect(await mp4Of(replay)).toMatchObject({ status: "ready" });
  });

  it("that was given up can be made again by somebody, unless there is nothing to make", async () => {
    const { db, services } = test;
    const replay = await insertReplay(services, { exports: false });
    const { id } = await mp4Of(replay);
    const again = () => retryExports(db, services.queue, replay);
    expect(await again()).toBe(false);
    const asked = await jobsOf("export", id);
    await set(id, "status = 'failed', tries = 12, reason = 'It could not be made.'");
    expect(await again()).toBe(true);
    expect(await again()).toBe(false);
    expect(await mp4Of(replay)).toMatchObject({ status: "waiting", tries: 0, reason: "" });
    expect(await jobsOf("export", id)).toBe(asked + 1);
    await set(id, "status = 'failed', reason = 'There is no picture in this recording.'");
    expect(await again()).toBe(false);
    await set(id, "status = 'failed', reason = 'It could not be made.'");
    await deleteRecording(db, by(replay));
    expect(await again()).toBe(false);
  });
});

describe("what an export leaves in storage", () => {
  const stored = async ({ streamId, recordingId }: Replay, kind: string) =>
    (await test.services.storage.list(`exports/${streamId}/${recordingId}/${kind}-`)).map(({ key }) => key);

  it("is removed for an earlier edit, and never what another worker made of the same again", async () => {
    const { services } = test;
    const replay = await insertReplay(services);
    const whole = (await mp4Of(replay)).key!;
    await cut(replay, "8");
    // One worker has made the cut one, and is about to remove the whole one …
    let removes: (() => Promise<void>) | undefined;
    const storage = {
      ...services.storage,
      async remove(key: string) {
        if (key !== whole || removes) return services.storage.remove(key);
        removes = () => services.storage.remove(key);
      },
    };
    await runExport({ ...services, storage }, { exportId: (await mp4Of(replay)).id });
    expect(await mp4Of(replay)).toMatchObject({ status: "ready", edit: 1 });
    // … when the cut is undone, and another worker makes the whole one again.
    await undo(replay);
    await makeExports(services, replay.recordingId);
    await removes!();
    const made = await mp4Of(replay);
    expect(made).toMatchObject({ status: "ready", edit: 0 });
    expect(await services.storage.head(made.key!)).toBeDefined();
    expect(await stored(replay, "mp4")).toEqual([made.key]);
  });

  it("is removed, too, when it was made by somebody whose turn was over", async () => {
    const { services } = test;
    const replay = await insertReplay(services, { exports: false });
    const { id } = await mp4Of(replay);
    let cutMeanwhile = false;
    const storage = {
      ...services.storage,
      async head(key: string) {
        const found = await services.storage.head(key);
        if (!cutMeanwhile) await cut(replay, "4");
        cutMeanwhile = true;
        return found;
      },
    };
    await runExport({ ...services, storage }, { exportId: id }).catch(() => {});
    expect(await stored(replay, "mp4")).toEqual([]);
    await makeExports(services, replay.recordingId);
    expect(await stored(replay, "mp4")).toEqual([(await mp4Of(replay)).key]);
    expect(await services.storage.listUploads(`exports/${replay.streamId}/`)).toEqual([]);
  });

  it("is counted whole, with all sizes and sheets", async () => {
    const { services, db } = test;
    const replay = await insertReplay(services);
    for (const { kind, stored_bytes } of await exportRows(db, replay.recordingId)) {
      const { streamId, recordingId } = replay;
      const objects = await services.storage.list(`exports/${streamId}/${recordingId}/${kind}-`);
      const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
      expect([kind, stored_bytes]).toEqual([kind, bytes]);
    }
  });
});
