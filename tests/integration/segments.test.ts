import type { KyselyPlugin } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mostAtOnce, verifyLiveSegments } from "#app/domain/recordings/live.ts";
import { noteVanished } from "#app/domain/recordings/missing.ts";
import { listParts } from "#app/domain/recordings/parts.ts";
import { listKnown } from "#app/domain/recordings/places.ts";
import { replayPlaylist } from "#app/domain/recordings/playlist.ts";
import { findReceipt } from "#app/domain/recordings/receipt.ts";
import { selectAttempts } from "#app/domain/recordings/attempts.ts";
import { verifySegments } from "#app/domain/recordings/verify.ts";
import { findStreamState } from "#app/domain/streams/state.ts";
import { shiftClock, syntheticSegments } from "#tests/bench/synthetic-segments.ts";
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

type Test = Awaited<ReturnType<typeof openTestServices>>;
let test: Test;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

/** A live stream whose recorder runs, and what the tests do with it. */
async function record() {
  const { services, db } = test;
  const live = await insertLiveRecording(services);
  const attempt = await insertRunningAttempt(services, live);
  return {
    ...live,
    ...attempt,
    write: (segments: readonly Uint8Array[], from = 0) =>
      writeSegments(services.storage, attempt.prefix, segments, { from, startsAt: new Date() }),
    put: (number: number, bytes: Uint8Array) =>
      services.storage.write(segmentKey(attempt.prefix, number), bytes, "video/mp2t"),
    remove: (number: number) => services.storage.remove(segmentKey(attempt.prefix, number)),
    look: () => verifyLiveSegments(services),
    finish: () => finishLive(services, live),
    problems: async () => (await segmentRows(db, live.recordingId)).map(({ problem }) => problem),
    parts: () => listParts(db, live.recordingId),
  };
}

/** Segments of a recorder of its own: the same pictures on one clock, whose bytes nobody else has. */
async function ownSegments(count: number): Promise<Uint8Array[]> {
  const firstPts = (1000 + Math.floor(Math.random() * 80_000)) * 90_000 + Math.floor(Math.random() * 90_000);
  const base = await segmentsOf("x264");
  return [...syntheticSegments({ base, durationMs: count * 2000, firstPts })].map(({ bytes }) => bytes);
}

const moved = (bytes: Uint8Array, ticks: number) => {
  const copy = new Uint8Array(bytes);
  shiftClock(copy, ticks);
  return copy;
};

describe("a segment that is none of its recording", () => {
  it("is found by its clock, and called another recorder's where the same bytes lie there", async () => {
    const { services } = test;
    const others = await record();
    const theirs = await segmentsOf("egress");
    await others.write(theirs);
    await others.look();
    const mine = await record();
    const own = await ownSegments(6);
    await mine.write([own[0]!, own[1]!, theirs[1]!, own[3]!, moved(own[4]!, 600 * 90_000), own[5]!]);
    await mine.look();
    expect(await mine.problems()).toEqual([null, null, "of_another", null, "wrong_clock", null]);
    expect(await others.problems()).toEqual(Array(8).fill(null));

    await mine.finish();
    const parts = await mine.parts();
    expect(parts.map(({ number }) => number)).toEqual([0, 1, 3, 5]);
    expect(parts.map(({ gapMs }) => Math.round(gapMs))).toEqual([0, 0, 2000, 2000]);
    expect(replayPlaylist(parts).match(/#EXT-X-DISCONTINUITY/g)).toHaveLength(2);
    expect(await recordingRow(services.db, mine.recordingId)).toMatchObject({
      status: "ready",
      duration_ms: 8000,
    });
    const receipt = await findReceipt(services.db, mine);
    expect(receipt.attempts[0]!.broken).toEqual([
      { number: 2, problem: "of_another" },
      { number: 4, problem: "wrong_clock" },
    ]);
    expect(receipt.gaps).toEqual([
      { atMs: 4000, ms: 2000 },
      { atMs: 6000, ms: 2000 },
    ]);
  });

  it("is not one that shows the same slate as another recorder did at that place", async () => {
    const [one, two] = [await record(), await record()];
    const slate = await segmentsOf("x264-high");
    for (const each of [one, two]) {
      await each.write(slate);
      await each.look();
    }
    expect(await one.problems()).toEqual([null, null]);
    expect(await two.problems()).toEqual([null, null]);
    await two.finish();
    expect(await two.problems()).toEqual([null, null]);
  });

  it("is one of another recorder whose clock is off by milliseconds only", async () => {
    const own = await ownSegments(5);
    const theirs = await record();
    const theirSegments = own.map((bytes) => moved(bytes, 530));
    await theirs.write(theirSegments);
    await theirs.look();
    const mine = await record();
    await mine.write([own[0]!, own[1]!, theirSegments[2]!, own[3]!, own[4]!]);
    await mine.look();
    expect(await mine.problems()).toEqual([null, null, "of_another", null, null]);
    expect(await theirs.problems()).toEqual(Array(5).fill(null));
  });

  it("is one that comes again, and both of two that were swapped", async () => {
    const own = await ownSegments(8);
    const mine = await record();
    await mine.write([own[0]!, own[1]!, own[2]!, own[1]!, own[6]!, own[5]!, own[4]!, own[7]!]);
    await mine.look();
    await mine.finish();
    expect(await mine.problems()).toEqual([
      ...[null, null, null, "repeated"],
      ...["wrong_clock", null, "wrong_clock", null],
    ]);
  });

  it("is in doubt while it is the last, and counts when the next goes on from it", async () => {
    const own = await ownSegments(4);
    const later = own.map((bytes) => moved(bytes, 400 * 90_000));
    const mine = await record();
    await mine.write([own[0]!, own[1]!]);
    await mine.look();
    await mine.put(2, later[2]!);
    await mine.look();
    expect(await mine.problems()).toEqual([null, null, "wrong_clock"]);
    await mine.put(3, later[3]!);
    await mine.look();
    expect(await mine.problems()).toEqual([null, null, null, null]);
    const parts = await mine.parts();
    expect(parts.map(({ discontinuity }) => discontinuity)).toEqual([false, false, true, false]);
    expect(Math.round(parts[2]!.gapMs)).toBe(400_000);
  });

  it("is whatever is named so far ahead that no recorder can have come there", async () => {
    const own = await ownSegments(3);
    const mine = await record();
    await mine.write(own);
    await mine.put(90_000_000, own[1]!);
    await mine.look();
    await mine.finish();
    expect(await mine.problems()).toEqual([null, null, null]);
  });
});

describe("what a recorder may do", () => {
  it("begins a new clock in the middle: nothing is lost", async () => {
    const own = await ownSegments(5);
    const mine = await record();
    await mine.write([own[3]!, own[4]!, own[0]!, own[1]!, own[2]!].map((bytes) => new Uint8Array(bytes)));
    await mine.look();
    await mine.finish();
    expect(await mine.problems()).toEqual(Array(5).fill(null));
    const playlist = replayPlaylist(await mine.parts());
    expect(playlist.match(/#EXTINF/g)).toHaveLength(5);
    expect(playlist.match(/#EXT-X-DISCONTINUITY/g)).toHaveLength(1);
  });

  it("sends B frames, and leaves out sound: both play, and the second is remarked on", async () => {
    const mine = await record();
    await mine.write(await segmentsOf("egress"));
    await mine.look();
    await mine.finish();
    expect(await mine.problems()).toEqual(Array(8).fill(null));
    const receipt = await findReceipt(test.db, mine);
    expect(receipt.attempts[0]!.odd).toEqual([{ number: 7, remarks: ["no_sound"] }]);
    expect([receipt.picture, receipt.sound]).toEqual([true, true]);
  });

  it("changes picture and sound: a player is told to begin anew", async () => {
    const [own, [other]] = [await ownSegments(3), await segmentsOf("x264-high")];
    const rows = async () => segmentRows(test.db, mine.recordingId);
    const mine = await record();
    await mine.write(own.slice(0, 2));
    await mine.look();
    const [, second] = await rows();
    const shift = second!.first_pts + second!.duration_ticks - 133_200;
    await mine.put(2, moved(other!, shift));
    await mine.look();
    await mine.finish();
    const [, , third] = await rows();
    expect(third).toMatchObject({ problem: null, width: 480, remarks: ["other_picture", "other_sound"] });
    const parts = await mine.parts();
    expect(parts.map(({ discontinuity, gapMs }) => [discontinuity, gapMs])).toEqual([
      [false, 0],
      [false, 0],
      [true, 0],
    ]);
  });
});

describe("a recorder whose pieces are all refused", () => {
  it("is told to its host, and followed by another, each given twice as long as the one before", async () => {
    const { services, db } = test;
    const mine = await record();
    const garbage = Buffer.from("<html>no segment</html>".repeat(50));
    const since = (seconds: number) => new Date(Date.now() - seconds * 1000);
    let next = 0;
    const attempt = async (number: number, seconds: number) => {
      const rows = await attemptRows(db, mine.recordingId);
      const { id } = rows[number - 1] ?? (await insertRunningAttempt(services, mine, number));
      await services.storage.write(
        segmentKey(`recordings/${mine.streamId}/${number}/`, next++),
        garbage,
        "video/mp2t",
      );
      await db
        .updateTable("streaming_recording_attempts")
        .set({ active_at: since(seconds) })
        .where("id", "=", id)
        .execute();
      await mine.look();
      const { status, reason } = (await attemptRows(db, mine.recordingId))[number - 1]!;
      return [status, reason];
    };
    const given = ["failed", "nothing of what it wrote plays"];
    await db
      .updateTable("streaming_recordings")
      .set({ started_at: since(20) })
      .where("id", "=", mine.recordingId)
      .execute();
    expect(await attempt(1, 20)).toEqual(["active", ""]);
    const told = (await findStreamState(db, { streamId: mine.streamId, userId: mine.people.host.id }))!;
    expect(told.recording).toMatchObject({ safeUntil: null, lag: { reason: "refused" } });
    expect(told.recording!.lag!.seconds).toBeGreaterThanOrEqual(20);
    expect(told.recording!.leftOut!.count).toBeGreaterThanOrEqual(1);
    expect(await attempt(1, 32)).toEqual(given);
    expect(await attempt(2, 40)).toEqual(["active", ""]);
    expect(await attempt(2, 62)).toEqual(given);
  });
});

describe("a segment that is missing", () => {
  it("is called so while it is, and counts again when it is there again", async () => {
    const own = await ownSegments(8);
    const mine = await record();
    await mine.write(own);
    await mine.remove(2);
    await mine.look();
    expect(await mine.problems()).toEqual([null, null, "missing", ...Array<null>(5).fill(null)]);
    await mine.put(2, own[2]!);
    await mine.look();
    expect(await mine.problems()).toEqual(Array(8).fill(null));

    // Verified, gone when somebody looked at all of it, and back with the very same bytes.
    const attempt = await selectAttempts(test.db).where("a.id", "=", mine.id).executeTakeFirstOrThrow();
    await mine.remove(5);
    await verifySegments(test.services, attempt, { whole: true });
    expect((await mine.problems())[5]).toBe("missing");
    await mine.put(5, own[5]!);
    await mine.look();
    expect(await mine.problems()).toEqual(Array(8).fill(null));
    expect((await segmentRows(test.db, mine.recordingId))[5]!.program_time).not.toBeNull();
  });

  it("leaves a gap of its length, and all others, when it never comes", async () => {
    const own = await ownSegments(6);
    const mine = await record();
    await mine.write(own);
    await mine.remove(4);
    await mine.look();
    await mine.finish();
    const receipt = await findReceipt(test.db, mine);
    expect(receipt.attempts[0]!.broken).toEqual([{ number: 4, problem: "missing" }]);
    expect(receipt.gaps).toEqual([{ atMs: 8000, ms: 2000 }]);
    expect(receipt.durationMs).toBe(10_000);
  });

  it("is not one that a list of storage has left out", async () => {
    const { services } = test;
    const mine = await record();
    await mine.write(await ownSegments(3));
    await mine.look();
    const attempt = await selectAttempts(services.db).where("a.id", "=", mine.id).executeTakeFirstOrThrow();
    await noteVanished(services, attempt, await listKnown(services.db, mine.id));
    expect(await mine.problems()).toEqual([null, null, null]);
  });
});

describe("a recorder's playlist that lies", () => {
  it("changes nothing of the recording, and is told on the receipt", async () => {
    const own = await ownSegments(5);
    const mine = await record();
    await mine.write(own);
    const said = new Date(Date.now() + 3_600_000).toISOString();
    const lines = [
      "#EXTM3U",
      `#EXT-X-PROGRAM-DATE-TIME:${said}`,
      ...["#EXTINF:60.0,", "seg_00001.ts", "#EXTINF:2.0,", "seg_00000.ts"],
      ...["#EXTINF:2.0,", `../../${"0".repeat(8)}/1/seg_00002.ts`, "#EXTINF:2.0,", "seg_00077.ts"],
    ];
    await test.services.storage.write(
      `${mine.prefix}index.m3u8`,
      Buffer.from(lines.join("\n")),
      "application/x-mpegurl",
    );
    await mine.look();
    await mine.finish();
    expect(await mine.problems()).toEqual(Array(5).fill(null));
    const [attempt] = await attemptRows(test.db, mine.recordingId);
    expect(attempt!.playlist_remarks).toEqual([
      "leads_elsewhere",
      "names_missing",
      "leaves_out",
      "other_lengths",
      "other_order",
    ]);
    const parts = await mine.parts();
    expect(parts.map(({ number, durationMs }) => [number, Math.round(durationMs)])).toEqual(
      [0, 1, 2, 3, 4].map((number) => [number, 2000]),
    );
    // It was uploaded just now, so it was not recorded in an hour.
    expect(Math.abs(parts[0]!.programTime!.getTime() - Date.now())).toBeLessThan(60_000);
    expect((await findReceipt(test.db, mine)).attempts[0]!.playlistRemarks).toContain("names_missing");
  });

  it("by a clock that is half a minute off is not believed: what it recorded stays where it was", async () => {
    const { services, db } = test;
    const mine = await record();
    const timeOf = async (offMs: number, number: number) => {
      const { id, prefix } = await insertRunningAttempt(services, mine, number);
      const startsAt = new Date(Date.now() + offMs);
      await writeSegments(services.storage, prefix, await ownSegments(2), { startsAt });
      await mine.look();
      await db
        .updateTable("streaming_recording_attempts")
        .set({ status: "failed", sealed_at: new Date(Date.now() + 2000) })
        .where("id", "=", id)
        .execute();
      return (await mine.parts()).findLast((part) => part.attempt === number)!.programTime!.getTime();
    };
    await db
      .updateTable("streaming_recording_attempts")
      .set({ status: "failed", sealed_at: new Date() })
      .where("id", "=", mine.id)
      .execute();
    for (const [index, offMs] of [-30_000, 30_000].entries()) {
      const begun = Date.now();
      const time = await timeOf(offMs, index + 2);
      // Storage keeps whole seconds; the second segment begins two after the first.
      expect(time).toBeGreaterThan(begun - 2_000);
      expect(time).toBeLessThan(Date.now() + 5_000);
    }
  });

  it("or is none at all, is told, too", async () => {
    const own = await ownSegments(3);
    const mine = await record();
    for (const [number, bytes] of own.entries()) await mine.put(number, bytes);
    await mine.look();
    await mine.finish();
    expect((await attemptRows(test.db, mine.recordingId))[0]!.playlist_remarks).toEqual(["no_playlist"]);
    const other = await record();
    await other.write(own);
    const key = `${other.prefix}index.m3u8`;
    await test.services.storage.write(key, Buffer.from("<Error>AccessDenied</Error>"), "text/html");
    await other.look();
    await other.finish();
    expect((await attemptRows(test.db, other.recordingId))[0]!.playlist_remarks).toEqual(["unreadable"]);
    expect((await other.parts()).every(({ programTime }) => programTime)).toBe(true);
  });
});

describe("keeping pace", () => {
  it("looks at each of more live recordings than fit into one turn", async () => {
    const { services } = test;
    const prefixes: string[] = [];
    for (let number = 0; number <= mostAtOnce; number++) prefixes.push((await record()).prefix);
    const looked: string[] = [];
    const list: typeof services.storage.list = (prefix, ...rest) => {
      looked.push(prefix);
      return services.storage.list(prefix, ...rest);
    };
    const turn = () => verifyLiveSegments({ ...services, storage: { ...services.storage, list } });
    await turn();
    expect(looked.length).toBe(mostAtOnce);
    await turn();
    expect(prefixes.filter((prefix) => !looked.includes(prefix))).toEqual([]);
  });

  it("asks as much for a new segment after an hour as after a second, and no more for many new ones", async () => {
    const { services, db } = test;
    let asked = 0;
    const counter: KyselyPlugin = {
      transformQuery: ({ node }) => (asked++, node),
      transformResult: ({ result }) => Promise.resolve(result),
    };
    const calls = { list: 0, readListed: 0, read: 0, head: 0 };
    const counted = (name: keyof typeof calls) => {
      const real = services.storage[name] as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => (calls[name]++, real(...given));
    };
    const storage = {
      ...services.storage,
      list: counted("list"),
      readListed: counted("readListed"),
      read: counted("read"),
      head: counted("head"),
    } as typeof services.storage;
    const mine = await record();
    const attempt = await selectAttempts(db).where("a.id", "=", mine.id).executeTakeFirstOrThrow();
    const turn = async () => {
      asked = 0;
      Object.assign(calls, { list: 0, readListed: 0, read: 0, head: 0 });
      const good = await verifySegments({ ...services, db: db.withPlugin(counter), storage }, attempt);
      return { good, asked, ...calls };
    };

    const own = await ownSegments(1830);
    await mine.write(own.slice(0, 3));
    await turn();
    await mine.put(3, own[3]!);
    const early = await turn();
    // An hour that others have verified.
    const [, , , row] = await segmentRows(db, mine.recordingId);
    await db
      .insertInto("streaming_recording_segments")
      .values(
        Array.from({ length: 1800 }, (_, index) => ({
          ...row!,
          number: index + 4,
          key: segmentKey(mine.prefix, index + 4),
          etag: String(index),
          sha256: String(index),
          first_pts: row!.first_pts + (index + 1) * 180_000,
        })),
      )
      .execute();
    await mine.put(1804, own[1804]!);
    const late = await turn();
    expect(early).toEqual({
      ...{ good: 1, asked: expect.any(Number) },
      ...{ list: 1, readListed: 1, read: 0, head: 0 },
    });
    expect(late).toEqual(early);
    expect(early.asked).toBeLessThanOrEqual(10);
    for (let number = 1805; number < 1811; number++) await mine.put(number, own[number]!);
    const many = await turn();
    expect(many).toEqual({ ...early, good: 6, readListed: 6, asked: many.asked });
    expect(many.asked).toBeLessThanOrEqual(early.asked);
    expect(await turn()).toMatchObject({ good: 0, list: 1, readListed: 0 });
  });
});
