import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEditList } from "#app/domain/recordings/edit-list.ts";
import { saveEdit, undoEdit } from "#app/domain/recordings/edits.ts";
import { removeRecording, sweepDeleted } from "#app/domain/recordings/removal.ts";
import { findReplay, hasReplay, saveReplayPosition } from "#app/domain/recordings/replay.ts";
import { deleteRecording, restoreRecording, setHidden } from "#app/domain/recordings/withholding.ts";
import { findProgramme } from "#app/domain/spaces/programme.ts";
import { findStreamState } from "#app/domain/streams/state.ts";
import { signIn } from "#tests/factories.ts";
import { startMachinesWeb } from "./machines-web.ts";
import { attemptRows, exportRows, insertReplay, makeExports, recordingRow } from "./recording-fixtures.ts";
import { openTestServices, putInPlace } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
let web: Awaited<ReturnType<typeof startMachinesWeb>>;
beforeAll(async () => {
  test = await openTestServices({ env: { LIVEKIT_URL: "http://127.0.0.1:9" } });
  web = await startMachinesWeb(test.services);
}, 60_000);
afterAll(async () => {
  await web.close();
  await test.close();
});

type Replay = Awaited<ReturnType<typeof insertReplay>>;
type Person = "stranger" | "ended" | "banned" | "viewer" | "moderator" | "host" | "owner" | "otherOwner";
const everybody: Person[] = [
  ...(["stranger", "ended", "banned", "viewer"] as const),
  ...(["moderator", "host", "owner", "otherOwner"] as const),
];

/** One browser a person: a pass is for a few devices only. */
const cookies = new Map<string, string>();
async function cookieOf({ id }: { id: string }): Promise<string> {
  const cookie = cookies.get(id) ?? (await signIn(test.db, id)).cookie;
  cookies.set(id, cookie);
  return cookie;
}

/** What each is answered at an address of a recording, in the order of `everybody`. */
async function statuses(replay: Replay, address: string): Promise<number[]> {
  const answers: number[] = [];
  for (const person of everybody) {
    const cookie = await cookieOf(replay.people[person]);
    const answer = await fetch(`${web.url}${replay.base}/${address}`, { headers: { cookie } });
    await answer.arrayBuffer();
    answers.push(answer.status);
  }
  return answers;
}

const nobody = async (replay: Replay, address: string) =>
  (await fetch(`${web.url}${replay.base}/${address}`)).status;

const by = ({ recordingId, people }: Replay) => ({ recordingId, userId: people.host.id });

const plays = ["index.m3u8", "1/0.ts", "2/2.ts", "poster.jpg", "video.mp4"];

describe("a hidden recording", () => {
  it("is there for its team and for nobody else, from that moment on, and back again", async () => {
    const replay = await insertReplay(test.services);
    for (const address of plays)
      expect([address, await statuses(replay, address)]).toEqual([
        address,
        [403, 403, 403, 200, 200, 200, 200, 403],
      ]);
    expect(await setHidden(test.db, { ...by(replay), hidden: true })).toBe(true);
    expect(await setHidden(test.db, { ...by(replay), hidden: true })).toBe(false);
    for (const address of plays) {
      expect([address, await statuses(replay, address)]).toEqual([
        address,
        [403, 403, 403, 404, 200, 200, 200, 403],
      ]);
      expect(await nobody(replay, address)).toBe(401);
    }
    expect(await setHidden(test.db, { ...by(replay), hidden: false })).toBe(true);
    expect((await statuses(replay, "1/0.ts"))[3]).toBe(200);
  });

  it("is no replay: not on the page, not in lists, and no place in it is remembered", async () => {
    const { db } = test;
    const replay = await insertReplay(test.services, { exports: false });
    const { streamId, recordingId } = replay;
    const viewer = replay.people.viewer.id;
    await setHidden(db, { ...by(replay), hidden: true });
    expect(await findReplay(db, { streamId, userId: viewer })).toBeUndefined();
    expect(await hasReplay(db, streamId)).toBe(false);
    const { past } = await findProgramme(db, { spaceIds: [replay.space.id] });
    expect(past.find(({ id }) => id === streamId)?.hasReplay).toBe(false);
    const place = { userId: viewer, streamId, recordingId, positionMs: 3000, edit: 0 };
    expect(await saveReplayPosition(db, place)).toBe(false);
    const state = async (userId: string) => (await findStreamState(db, { streamId, userId }))!.recording;
    expect(await state(viewer)).toMatchObject({ withheld: "hidden" });
    expect(await state(replay.people.host.id)).toMatchObject({ withheld: "hidden" });
    // Who has no pass is not told that there would be one.
    expect(await state(replay.people.stranger.id)).toBeNull();
  });

  it("ends a file that is under way within seconds", async () => {
    const replay = await insertReplay(test.services);
    await expect(
      readSlowly(replay, () => setHidden(test.db, { ...by(replay), hidden: true })),
    ).rejects.toThrow();
  });
});

/** Reads the whole file slowly, and does something once it has begun. */
async function readSlowly(replay: Replay, change: () => Promise<unknown>): Promise<void> {
  const big = Buffer.alloc(60_000_000, 1);
  const { key } = (await exportRows(test.db, replay.recordingId)).find(({ kind }) => kind === "mp4")!;
  await putInPlace(test.services, { key: key!, bytes: big, contentType: "video/mp4" });
  await test.db
    .updateTable("streaming_recording_exports")
    .set({ bytes: big.length })
    .where("recording_id", "=", replay.recordingId)
    .where("kind", "=", "mp4")
    .execute();
  const cookie = await cookieOf(replay.people.viewer);
  const answer = await fetch(`${web.url}${replay.base}/video.mp4`, { headers: { cookie } });
  const reader = answer.body!.getReader();
  await reader.read();
  await change();
  // Who reads slowly still has it open when it is asked again whether they may.
  for (let done = false; !done;) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    ({ done } = await reader.read());
  }
}

describe("what was cut out", () => {
  it("is not sent to its end to whoever has the file open", async () => {
    const { db, services } = test;
    const replay = await insertReplay(services);
    const list = readEditList({ start: "2", end: "", cuts: [] }, 12_000);
    if (!list.ok) throw new Error("no edit");
    const cut = () => saveEdit(db, services.queue, { ...by(replay), seen: 0, edit: list.edit });
    await expect(readSlowly(replay, cut)).rejects.toThrow();
  });

  it("is refused to viewers and moderators, and there for who cuts it", async () => {
    const { db, services } = test;
    const replay = await insertReplay(services);
    const list = readEditList({ start: "2", end: "", cuts: [] }, 12_000);
    if (!list.ok) throw new Error("no edit");
    await saveEdit(db, services.queue, { ...by(replay), seen: 0, edit: list.edit });
    expect(await statuses(replay, "1/0.ts")).toEqual([403, 403, 403, 404, 404, 200, 200, 403]);
    expect(await statuses(replay, "1/1.ts")).toEqual([403, 403, 403, 200, 200, 200, 200, 403]);
    expect(await statuses(replay, "recorded.m3u8")).toEqual([403, 403, 403, 403, 403, 200, 200, 403]);
    expect(await nobody(replay, "recorded.m3u8")).toBe(401);
    // The file from before is for hosts, to be kept; the others wait for the new one.
    expect(await statuses(replay, "video.mp4")).toEqual([403, 403, 403, 404, 404, 404, 404, 403]);
    expect(await statuses(replay, "video.mp4?download=1")).toEqual([403, 403, 403, 403, 403, 200, 200, 403]);
    await makeExports(services, replay.recordingId);
    expect(await statuses(replay, "video.mp4")).toEqual([403, 403, 403, 200, 200, 200, 200, 403]);
    await undoEdit(db, services.queue, { ...by(replay), seen: 1 });
    expect((await statuses(replay, "1/0.ts"))[3]).toBe(200);
  });
});

describe("a deleted recording", () => {
  it("is gone at once for everybody, and restored as it was", async () => {
    const { db } = test;
    const replay = await insertReplay(test.services);
    expect(await deleteRecording(db, by(replay))).toBe(true);
    expect(await deleteRecording(db, by(replay))).toBe(false);
    for (const address of plays)
      expect([address, await statuses(replay, address)]).toEqual([
        address,
        [403, 403, 403, 404, 404, 404, 404, 403],
      ]);
    const { streamId } = replay;
    const state = await findStreamState(db, { streamId, userId: replay.people.viewer.id });
    expect(state!.recording).toMatchObject({ withheld: "deleted" });
    expect(await restoreRecording(db, test.services.queue, by(replay))).toBe(true);
    expect(await restoreRecording(db, test.services.queue, by(replay))).toBe(false);
    expect((await statuses(replay, "video.mp4"))[3]).toBe(200);
    expect(await recordingRow(db, replay.recordingId)).toMatchObject({ deleted_at: null, deleted_by: null });
  });

  it("stays for fourteen days, and then goes from storage and database, whoever does it twice", async () => {
    const { db, services } = test;
    const { storage } = services;
    const replay = await insertReplay(services);
    const { streamId, recordingId } = replay;
    const other = await insertReplay(services, { exports: false });
    const objects = async () =>
      (await storage.list(`recordings/${streamId}/`)).length +
      (await storage.list(`exports/${streamId}/`)).length;
    await saveReplayPosition(db, {
      ...{ userId: replay.people.viewer.id, streamId, recordingId },
      positionMs: 3000,
      edit: 0,
    });
    await deleteRecording(db, by(replay));
    await deleteRecording(db, by(other));
    const age = (interval: string) =>
      db
        .updateTable("streaming_recordings")
        .set({ deleted_at: sql<Date>`now() - ${interval}::interval` })
        .where("id", "=", recordingId)
        .execute();
    const before = await objects();
    expect(before).toBeGreaterThan(10);
    await age("13 days 23 hours");
    await sweepDeleted(services);
    await removeRecording(services, { recordingId });
    expect([await objects(), (await recordingRow(db, recordingId)).removed_at]).toEqual([before, null]);

    await age("14 days 1 minute");
    await sweepDeleted(services);
    expect((await recordingRow(db, recordingId)).removed_at).not.toBeNull();
    expect(await restoreRecording(db, test.services.queue, by(replay))).toBe(false);
    // A worker that died after some of it: the next one removes the rest.
    await storage.remove(`recordings/${streamId}/1/seg_00000.ts`);
    await Promise.all([
      removeRecording(services, { recordingId }),
      removeRecording(services, { recordingId }),
    ]);
    await removeRecording(services, { recordingId });
    expect(await objects()).toBe(0);
    expect(await attemptRows(db, recordingId)).toEqual([]);
    expect(await exportRows(db, recordingId)).toEqual([]);
    const { rows } = await sql<{ left: number }>`
      select (select count(*) from replay_positions where recording_id = ${recordingId}::uuid)
        + (select count(*) from streaming_recording_edits where recording_id = ${recordingId}::uuid) as left
    `.execute(db);
    expect(Number(rows[0]!.left)).toBe(0);
    // That there was one is still known, and the other one is untouched.
    const state = await findStreamState(db, { streamId, userId: replay.people.viewer.id });
    expect(state!.recording).toMatchObject({ withheld: "deleted" });
    expect(await attemptRows(db, other.recordingId)).toHaveLength(2);
    expect(await restoreRecording(db, test.services.queue, by(other))).toBe(true);
  });
});
