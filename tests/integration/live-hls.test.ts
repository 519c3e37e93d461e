import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { request } from "node:http";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { inspectSegment, type SegmentFacts } from "#app/domain/media/segment.ts";
import { findAudience } from "#app/domain/presence/presence.ts";
import { findOpenAttempt, sealAttempt } from "#app/domain/recordings/attempts.ts";
import { finalizeRecording } from "#app/domain/recordings/finalize.ts";
import { livePlaylist, nothingTold, tellMore } from "#app/domain/recordings/live-playlist.ts";
import { listRecordedParts } from "#app/domain/recordings/parts.ts";
import { verifySegments } from "#app/domain/recordings/verify.ts";
import { findStreamState } from "#app/domain/streams/state.ts";
import { syntheticSegments } from "#tests/bench/synthetic-segments.ts";
import { signIn } from "#tests/factories.ts";
import { startMachinesWeb } from "./machines-web.ts";
import {
  endStreamRow,
  insertLiveRecording,
  segmentKey,
  segmentsOf,
  writeSegments,
} from "./recording-fixtures.ts";
import { openTestServices } from "./setup.ts";

type Person =
  "nobody" | "stranger" | "ended" | "banned" | "viewer" | "moderator" | "host" | "owner" | "otherOwner";
const refusals: Partial<Record<Person, [status: number, reason: string]>> = {
  nobody: [401, "not_signed_in"],
  stranger: [403, "no_grant"],
  ended: [403, "grant_expired"],
  banned: [403, "banned"],
  otherOwner: [403, "no_grant"],
};
const admitted: Person[] = ["viewer", "moderator", "host", "owner"];

let test: Awaited<ReturnType<typeof openTestServices>>;
let web: Awaited<ReturnType<typeof startMachinesWeb>>;
let segments: Uint8Array[];
/** As many as are needed, on the clock of the first three. */
let clocked: Uint8Array[];
beforeAll(async () => {
  test = await openTestServices({ env: { LIVEKIT_URL: "http://127.0.0.1:9" } });
  web = await startMachinesWeb(test.services);
  segments = await segmentsOf("x264");
  const { firstPts } = inspectSegment(segments[0]!) as SegmentFacts;
  clocked = [...syntheticSegments({ base: segments, durationMs: 24_000, firstPts })].map(
    ({ bytes }) => bytes,
  );
}, 60_000);
afterAll(async () => {
  await web.close();
  await test.close();
});

/** A live stream whose recorder has written nothing yet. */
async function live() {
  const { services, db } = test;
  const house = await insertLiveRecording(services);
  const { streamId, recordingId } = house;
  await db
    .updateTable("streaming_recordings")
    .set({ status: "recording" })
    .where("id", "=", recordingId)
    .execute();
  const prefix = (number: number) => `recordings/${streamId}/${number}/`;
  const cookies = {} as Record<Person, string | undefined>;
  for (const [name, person] of Object.entries(house.people))
    cookies[name as Person] = person ? (await signIn(db, person.id)).cookie : undefined;
  const base = `/media/${streamId}/${recordingId}`;
  const get = (address: string, person: Person = "viewer", headers: Record<string, string> = {}) => {
    const cookie = cookies[person];
    return fetch(`${web.url}${base}/${address}`, {
      redirect: "manual",
      headers: { ...(cookie && { cookie }), ...headers },
    });
  };
  return {
    ...house,
    base,
    cookies,
    get,
    prefix,
    attempt: (number: number) =>
      db
        .insertInto("streaming_recording_attempts")
        .values({ recording_id: recordingId, number, prefix: prefix(number), status: "active" })
        .execute(),
    /** Puts an attempt's segment where a recorder would, on its clock; or other bytes. */
    write: (attempt: number, number: number, bytes: Uint8Array = clocked[number]!) =>
      services.storage.write(segmentKey(prefix(attempt), number), bytes, "video/mp2t"),
    /** What a worker does each second. */
    async verify() {
      const attempt = await findOpenAttempt(db, recordingId);
      await verifySegments(services, attempt!);
    },
    async seal() {
      await sealAttempt(db, (await findOpenAttempt(db, recordingId))!.id);
    },
    tell: (told = nothingTold) => tellMore(db, recordingId, told),
    /** The playlist's addresses, once it has as many as that. */
    async listed(count: number) {
      return vi.waitFor(async () => {
        const found = addressesIn(await (await get("live.m3u8", "owner")).text());
        expect(found).toHaveLength(count);
        return found;
      }, 3_000);
    },
  };
}

const addressesIn = (playlist: string) => playlist.split("\n").filter((line) => line.endsWith(".ts"));
const addresses = ({ segments: told }: Awaited<ReturnType<typeof tellMore>>) => told.map(({ uri }) => uri);

/** Two attempts 41 s apart, the first with a segment that does not play. */
async function liveAfterLoss() {
  const stage = await live();
  const startsAt = Date.parse("2026-11-23T12:00:00Z");
  await stage.attempt(1);
  await writeSegments(test.services.storage, stage.prefix(1), segments, { startsAt: new Date(startsAt) });
  await stage.write(1, 3, Buffer.from("garbage"));
  await stage.verify();
  await stage.seal();
  await stage.attempt(2);
  await writeSegments(test.services.storage, stage.prefix(2), segments, {
    startsAt: new Date(startsAt + 41_000),
  });
  await stage.verify();
  return stage;
}

describe("what is recorded of a live stream", () => {
  it.each(["live.m3u8", "1/0.ts", "2/2.ts"])(
    "%s is open to who may watch, and to nobody else (ASVS 8.3.1)",
    async (address) => {
      const { get } = await liveAfterLoss();
      for (const person of admitted) {
        const answer = await get(address, person);
        expect([person, answer.status]).toEqual([person, 200]);
        expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(100);
        expect(answer.headers.get("cache-control")).toBe("private, no-store");
      }
      for (const [person, expected] of Object.entries(refusals)) {
        const answer = await get(address, person as Person);
        expect([person, answer.status, answer.headers.get("x-reason")]).toEqual([person, ...expected]);
        expect(answer.headers.get("cache-control")).toBe("private, no-store");
        expect((await answer.text()).length).toBeLessThan(100);
      }
    },
  );

  it("is a growing playlist of all attempts, which says where another begins and when that was", async () => {
    const { get } = await liveAfterLoss();
    const answer = await get("live.m3u8");
    expect(answer.headers.get("content-type")).toBe("application/vnd.apple.mpegurl");
    expect(await answer.text()).toBe(
      [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        "#EXT-X-TARGETDURATION:4",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:00.000Z",
        ...["1/0.ts", "1/1.ts", "1/2.ts"].flatMap((uri) => ["#EXTINF:2.000000,", uri]),
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:41.000Z",
        ...["2/0.ts", "2/1.ts", "2/2.ts"].flatMap((uri) => ["#EXTINF:2.000000,", uri]),
        "",
      ].join("\n"),
    );
    const soFar = await get("live.m3u8?so-far");
    expect(await soFar.text()).toMatch(/2\/2\.ts\n#EXT-X-ENDLIST\n$/);
    expect((await get("live.m3u8?so-far", "stranger")).status).toBe(403);
    expect((await get("1/3.ts")).status).toBe(404);
    const bytes = await (await get("2/1.ts")).arrayBuffer();
    expect(Buffer.compare(Buffer.from(bytes), segments[1]!)).toBe(0);
  });

  it("is refused from the moment that a grant ends, whoever else was answered just now (ASVS 8.3.2)", async () => {
    const { get, grant } = await liveAfterLoss();
    const set = (status: "active" | "refunded") =>
      test.db.updateTable("access_grants").set({ status }).where("id", "=", grant.id).execute();
    for (const address of ["live.m3u8", "1/0.ts"]) {
      expect((await get(address)).status).toBe(200);
      await set("refunded");
      expect((await get(address, "host")).status).toBe(200);
      const answer = await get(address);
      expect([answer.status, answer.headers.get("x-reason")]).toEqual([403, "grant_refunded"]);
      await set("active");
    }
  });

  it("is not there under another stream's id, before there is any, or when the recording failed", async () => {
    const [stage, other] = [await liveAfterLoss(), await live()];
    const mixed = await fetch(`${web.url}/media/${other.streamId}/${stage.recordingId}/live.m3u8`, {
      headers: { cookie: other.cookies.owner! },
    });
    expect(mixed.status).toBe(404);
    expect((await other.get("live.m3u8", "owner")).status).toBe(404);
    expect((await stage.get("live.m3u8")).status).toBe(200);
    await test.db
      .updateTable("streaming_recordings")
      .set({ status: "failed", failed_at: new Date() })
      .where("id", "=", stage.recordingId)
      .execute();
    await vi.waitFor(async () => expect((await stage.get("live.m3u8")).status).toBe(404), 3_000);
    expect((await stage.get("1/0.ts")).status).toBe(404);
  });

  it("is one device's of the pass as the picture of the room is: the third of two is refused, the team is not", async () => {
    const { get, people, base } = await liveAfterLoss();
    const another = async (who: "viewer" | "host", address = "live.m3u8") => {
      const { cookie } = await signIn(test.db, people[who].id);
      return fetch(`${web.url}${base}/${address}`, { headers: { cookie } });
    };
    expect((await get("live.m3u8")).status).toBe(200);
    expect((await another("viewer")).status).toBe(200);
    for (const address of ["live.m3u8", "2/0.ts"]) {
      const answer = await another("viewer", address);
      expect([answer.status, answer.headers.get("x-reason")]).toEqual([409, "devices"]);
      expect((await another("host", address)).status).toBe(200);
    }
    expect((await get("2/0.ts")).status).toBe(200);
  });

  it("leads to the replay when it is finished", async () => {
    const stage = await liveAfterLoss();
    await stage.listed(6);
    await endStreamRow(test.db, stage.streamId);
    await test.db
      .updateTable("streaming_recordings")
      .set({ status: "stopping", stopped_at: new Date() })
      .where("id", "=", stage.recordingId)
      .execute();
    const over = await stage.get("live.m3u8");
    expect(await over.text()).not.toContain("#EXT-X-ENDLIST");
    await finalizeRecording(test.services, stage);
    await vi.waitFor(async () => expect((await stage.get("live.m3u8")).status).toBe(302), 3_000);
    const moved = await stage.get("live.m3u8");
    const replay = await stage.get(moved.headers.get("location")!);
    const text = await replay.text();
    expect(text).toContain("#EXT-X-ENDLIST");
    // What was told has its place there, too.
    expect(addressesIn(text)).toEqual(["1/0.ts", "1/1.ts", "1/2.ts", "2/0.ts", "2/1.ts", "2/2.ts"]);
    for (const [person, [status]] of Object.entries(refusals) as [Person, [number, string]][])
      expect([person, (await stage.get("live.m3u8", person)).status]).toEqual([person, status]);
  });
});

describe("a playlist that grows", () => {
  it("has within two seconds what was verified, for everybody who asks at once", async () => {
    const stage = await live();
    await stage.attempt(1);
    await writeSegments(test.services.storage, stage.prefix(1), segments.slice(0, 2));
    await stage.verify();
    const all = await Promise.all(
      admitted.flatMap((person) => Array.from({ length: 5 }, () => stage.get("live.m3u8", person))),
    );
    const texts = new Set(await Promise.all(all.map((answer) => answer.text())));
    expect(texts.size).toBe(1);
    expect(addressesIn([...texts][0]!)).toEqual(["1/0.ts", "1/1.ts"]);
    await stage.write(1, 2);
    await stage.verify();
    const begun = performance.now();
    expect(await stage.listed(3)).toEqual(["1/0.ts", "1/1.ts", "1/2.ts"]);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it("only grows at its end, and reads only what is new", async () => {
    const stage = await live();
    await stage.attempt(1);
    await writeSegments(test.services.storage, stage.prefix(1), segments.slice(0, 2));
    await stage.verify();
    const first = await stage.tell();
    expect(addresses(first)).toEqual(["1/0.ts", "1/1.ts"]);
    expect(await stage.tell(first)).toBe(first);
    await stage.write(1, 2);
    await stage.verify();
    const second = await stage.tell(first);
    expect(livePlaylist(second).startsWith(livePlaylist(first))).toBe(true);
    expect(second).toEqual(await stage.tell());
  });

  it("waits for a segment that is late, and not for one that is lost", async () => {
    const stage = await live();
    await stage.attempt(1);
    await writeSegments(test.services.storage, stage.prefix(1), segments.slice(0, 2));
    await stage.write(1, 3);
    await stage.verify();
    const waiting = await stage.tell();
    expect(addresses(waiting)).toEqual(["1/0.ts", "1/1.ts"]);
    await stage.write(1, 2);
    await stage.verify();
    expect(addresses(await stage.tell(waiting))).toEqual(["1/0.ts", "1/1.ts", "1/2.ts", "1/3.ts"]);

    for (const number of [5, 6, 7, 8]) await stage.write(1, number);
    await stage.verify();
    const gone = await stage.tell(waiting);
    expect(addresses(gone).slice(-4)).toEqual(["1/5.ts", "1/6.ts", "1/7.ts", "1/8.ts"]);
    expect(gone.segments[4]).toMatchObject({ uri: "1/5.ts", discontinuity: true });
    // It turns up all the same: what has been told keeps its place.
    await stage.write(1, 4);
    await stage.verify();
    expect(await stage.tell(gone)).toBe(gone);
    // Also to who asks a process that has told nothing yet; the replay has it.
    expect(await stage.tell()).toEqual(gone);
    const recorded = await listRecordedParts(test.db, stage.recordingId);
    expect(recorded.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("leaves out what did not play at first, whichever process tells it, and takes what only overtakes", async () => {
    const stage = await live();
    await stage.attempt(1);
    await writeSegments(test.services.storage, stage.prefix(1), segments.slice(0, 2));
    await stage.write(1, 2, Buffer.from("garbage"));
    await stage.write(1, 3);
    await stage.verify();
    const told = await stage.tell();
    expect(addresses(told)).toEqual(["1/0.ts", "1/1.ts", "1/3.ts"]);
    await stage.write(1, 2);
    for (const number of [5, 6]) await stage.write(1, number);
    await stage.verify();
    await stage.write(1, 4);
    await stage.verify();
    const more = await stage.tell(told);
    expect(addresses(more)).toEqual([...addresses(told), "1/4.ts", "1/5.ts", "1/6.ts"]);
    expect(addresses(await stage.tell())).toEqual(addresses(more));
  });

  it("leaves out what does not play without waiting, and goes on after it", async () => {
    const stage = await live();
    await stage.attempt(1);
    await writeSegments(test.services.storage, stage.prefix(1), segments.slice(0, 1));
    await stage.write(1, 1, new Uint8Array());
    await stage.write(1, 2);
    await stage.verify();
    const told = await stage.tell();
    expect(addresses(told)).toEqual(["1/0.ts", "1/2.ts"]);
    expect(told.segments[1]).toMatchObject({ discontinuity: true });
    expect((await stage.get("1/1.ts")).status).toBe(404);
  });

  it("keeps its target: a segment that is longer is left out, for whoever asks, and the next begins anew", async () => {
    const stage = await live();
    await stage.attempt(1);
    await writeSegments(test.services.storage, stage.prefix(1), clocked.slice(0, 4));
    await stage.verify();
    /** To its beginning: what follows goes on from it as before. */
    const lengthen = (number: number, ms: number) =>
      sql`
      update streaming_recording_segments g set duration_ticks = ${ms * 90}::bigint,
        first_pts = (g.first_pts + g.duration_ticks - ${ms * 90}::bigint + 8589934592) % 8589934592
      from streaming_recording_attempts a
      where a.id = g.attempt_id and a.recording_id = ${stage.recordingId}::uuid and g.number = ${number}
    `.execute(test.db);
    await lengthen(1, 4400);
    await lengthen(2, 9000);
    const told = await stage.tell();
    expect(addresses(told)).toEqual(["1/0.ts", "1/1.ts", "1/3.ts"]);
    expect(told.segments[2]).toMatchObject({ discontinuity: true, programTime: expect.any(Date) });
    expect(livePlaylist(told)).toContain("#EXT-X-TARGETDURATION:4\n");
    // As the last that was told of, too.
    await stage.write(1, 4);
    await stage.verify();
    await lengthen(3, 9000);
    const until3 = { segments: told.segments.slice(0, 2), last: { attempt: 1, number: 3 } };
    expect((await stage.tell(until3)).segments.at(-1)).toMatchObject({ uri: "1/4.ts", discontinuity: true });
    // A recorder of longer segments has a longer target from the beginning.
    await lengthen(0, 10_000);
    const long = await stage.tell();
    expect(livePlaylist(long)).toContain("#EXT-X-TARGETDURATION:10\n");
    expect(addresses(long)).toEqual([0, 1, 2, 3, 4].map((number) => `1/${number}.ts`));
  });

  it("does not tell a segment before it is known when it was recorded", async () => {
    const stage = await live();
    await stage.attempt(1);
    await stage.write(1, 0);
    await stage.verify();
    expect(await stage.tell()).toBe(nothingTold);
    await stage.write(1, 1);
    await stage.write(1, 2);
    await stage.verify();
    const told = await stage.tell();
    expect(addresses(told)).toEqual(["1/0.ts", "1/1.ts", "1/2.ts"]);
    expect(told.segments[0]!.programTime).toBeInstanceOf(Date);
  });

  it("stays where it is while another attempt begins of which it is not known yet when it was recorded", async () => {
    const stage = await live();
    const shown = async () =>
      (await findStreamState(test.db, { streamId: stage.streamId, userId: stage.people.viewer.id }))!;
    await stage.attempt(1);
    await writeSegments(test.services.storage, stage.prefix(1), segments.slice(0, 2));
    await stage.verify();
    expect((await shown()).liveRecordingId).toBe(stage.recordingId);
    await stage.seal();
    await stage.attempt(2);
    await stage.write(2, 0);
    await stage.verify();
    expect(await stage.listed(2)).toEqual(["1/0.ts", "1/1.ts"]);
    expect((await shown()).liveRecordingId).toBe(stage.recordingId);
  });

  it("is sent packed to who can unpack it, made once for all", async () => {
    const stage = await liveAfterLoss();
    const plain = await stage.get("live.m3u8", "viewer", { "accept-encoding": "identity" });
    expect(plain.headers.get("content-encoding")).toBeNull();
    const packed = await raw(`${stage.base}/live.m3u8`, stage.cookies.viewer!);
    expect(packed.encoding).toBe("gzip");
    expect(gunzipSync(packed.body).toString()).toBe(await plain.text());
  });
});

/** As it is sent: `fetch` unpacks by itself. */
function raw(path: string, cookie: string): Promise<{ encoding: string | undefined; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { cookie, "accept-encoding": "gzip" };
    const asked = request(web.url, { path, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () =>
        resolve({ encoding: answer.headers["content-encoding"], body: Buffer.concat(chunks) }),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}

describe("who asks for playlists without scripts", () => {
  it("is counted as watching, once, as long as they ask; the team and a page's scripts are not counted by it", async () => {
    const { get, streamId } = await liveAfterLoss();
    const now = async () => (await findAudience(test.db, streamId))?.now;
    await get("live.m3u8", "host");
    await get("live.m3u8", "viewer", { "sec-fetch-dest": "empty" });
    await pause(1_500);
    expect(await now()).toBe(0);
    for (let times = 0; times < 3; times++) await get("live.m3u8", "viewer", { "sec-fetch-dest": "video" });
    await vi.waitFor(async () => expect(await now()).toBe(1), 4_000);
    await test.db
      .updateTable("stream_presence")
      .set({ last_seen: sql<Date>`clock_timestamp() - interval '16 seconds'` })
      .where("stream_id", "=", streamId)
      .execute();
    await vi.waitFor(async () => expect(await now()).toBe(0), 4_000);
  });
});
