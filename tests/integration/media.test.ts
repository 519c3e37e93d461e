import { request } from "node:http";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addCaptions } from "#app/domain/captions/captions.ts";
import { runExport } from "#app/domain/recordings/exports.ts";
import { finalizeRecording } from "#app/domain/recordings/finalize.ts";
import { findReplay } from "#app/domain/recordings/replay.ts";
import { openDatabase } from "#db/client.ts";
import { inFuture, signIn } from "#tests/factories.ts";
import { startLine } from "./database-line.ts";
import { startMachinesWeb } from "./machines-web.ts";
import { endStreamRow, insertLiveRecording, segmentsOf, writeSegments } from "./recording-fixtures.ts";
import { openTestServices, putInPlace } from "./setup.ts";

type Person =
  "nobody" | "stranger" | "ended" | "banned" | "viewer" | "moderator" | "host" | "owner" | "otherOwner";
const refusals: Partial<Record<Person, number>> = {
  nobody: 401,
  stranger: 403,
  ended: 403,
  banned: 403,
  otherOwner: 403,
};
const admitted: Person[] = ["viewer", "moderator", "host", "owner"];

let test: Awaited<ReturnType<typeof openTestServices>>;
let web: Awaited<ReturnType<typeof startMachinesWeb>>;
let house: Awaited<ReturnType<typeof replayable>>;
const cookies = {} as Record<Person, string | undefined>;
beforeAll(async () => {
  test = await openTestServices({ env: { LIVEKIT_URL: "http://127.0.0.1:9" } });
  web = await startMachinesWeb(test.services);
  house = await replayable();
  for (const [name, person] of Object.entries(house.people))
    cookies[name as Person] = person ? (await signIn(test.db, person.id)).cookie : undefined;
}, 60_000);
afterAll(async () => {
  await web.close();
  await test.close();
});

/** A stream that ended and can be watched again: two attempts, one segment that does not play. */
async function replayable() {
  const { services, db } = test;
  const live = await insertLiveRecording(services);
  const prefix = (number: number) => `recordings/${live.streamId}/${number}/`;
  const segments = await segmentsOf("x264");
  for (const number of [1, 2]) {
    await db
      .insertInto("streaming_recording_attempts")
      .values({
        recording_id: live.recordingId,
        number,
        prefix: prefix(number),
        status: "complete",
        sealed_at: number === 1 ? new Date(Date.now() + 60_000) : null,
      })
      .execute();
    const startsAt = new Date(Date.parse("2026-11-23T12:00:00Z") + (number - 1) * 41_000);
    await writeSegments(services.storage, prefix(number), segments, { startsAt });
  }
  await services.storage.write(`${prefix(1)}seg_00003.ts`, Buffer.from("garbage"), "video/mp2t");
  await endStreamRow(db, live.streamId);
  await db
    .updateTable("streams")
    .set({ title: "Öffentliche Probe" })
    .where("id", "=", live.streamId)
    .execute();
  await db
    .updateTable("streaming_recordings")
    .set({ status: "stopping", stopped_at: new Date() })
    .where("id", "=", live.recordingId)
    .execute();
  await finalizeRecording(services, live);
  const exports = await db
    .selectFrom("streaming_recording_exports")
    .select("id")
    .where("recording_id", "=", live.recordingId)
    .execute();
  for (const { id } of exports) await runExport(services, { exportId: id });
  const file = Buffer.from(`WEBVTT\n\n00:01.000 --> 00:02.000\n${"Guten Abend. ".repeat(10)}\n`);
  const of = { streamId: live.streamId, recordingId: live.recordingId, language: "de" };
  await addCaptions(db, of, { file, fileName: "de.vtt", actorId: live.people.host.id, seen: 0 });
  return { ...live, segments, base: `/media/${live.streamId}/${live.recordingId}` };
}

const get = (path: string, person: Person = "viewer", init: RequestInit = {}) => {
  const cookie = cookies[person];
  return fetch(new URL(path, web.url), {
    redirect: "manual",
    ...init,
    headers: { ...(cookie && { cookie }), ...init.headers },
  });
};

describe("each address of a recording", () => {
  const addresses = [
    ...["index.m3u8", "1/0.ts", "2/2.ts", "poster.jpg", "poster.jpg?size=small", "video.mp4"],
    ...["sprite-0.jpg", "sprite.json", "captions/de.vtt"],
  ];

  it.each(addresses)("%s is open to who may watch, and to nobody else (ASVS 8.3.1)", async (address) => {
    for (const person of admitted) {
      const answer = await get(`${house.base}/${address}`, person);
      expect([person, answer.status]).toEqual([person, 200]);
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(70);
      expect(answer.headers.get("cache-control")).toMatch(/^private/);
    }
    for (const [person, status] of Object.entries(refusals)) {
      const answer = await get(`${house.base}/${address}`, person as Person);
      expect([person, answer.status]).toEqual([person, status]);
      expect(answer.headers.get("cache-control")).toBe("private, no-store");
      expect((await answer.text()).length).toBeLessThan(100);
    }
  });

  it("that plays is refused to one device more than may watch at once; its picture is not, nor anything to the team", async () => {
    const { db } = test;
    const cookieOf = async (person: "viewer" | "host") => (await signIn(db, house.people[person].id)).cookie;
    const as = (cookie: string, address: string, method = "GET") =>
      fetch(new URL(`${house.base}/${address}`, web.url), {
        method,
        headers: { cookie },
        redirect: "manual",
      });
    const forget = () =>
      db.deleteFrom("access_grant_devices").where("access_grant_id", "=", house.grant.id).execute();
    await forget();
    const [first, second, third] = [
      await cookieOf("viewer"),
      await cookieOf("viewer"),
      await cookieOf("viewer"),
    ];
    for (const cookie of [first, second]) expect((await as(cookie, "index.m3u8")).status).toBe(200);
    for (const address of ["index.m3u8", "1/0.ts", "video.mp4"]) {
      const answer = await as(third, address);
      expect([address, answer.status, answer.headers.get("x-reason")]).toEqual([address, 409, "devices"]);
      expect(answer.headers.get("cache-control")).toBe("private, no-store");
      expect(await answer.text()).toContain("on other devices");
    }
    expect((await as(third, "poster.jpg")).status).toBe(200);
    for (let device = 0; device < 3; device += 1)
      expect((await as(await cookieOf("host"), "index.m3u8")).status).toBe(200);
    await db
      .updateTable("access_grant_devices")
      .set({ seen_at: sql<Date>`clock_timestamp() - interval '31 seconds'` })
      .where("access_grant_id", "=", house.grant.id)
      .execute();
    expect((await as(third, "1/0.ts")).status).toBe(200);
    await forget();
  });

  it("is refused from the moment that a grant ends (ASVS 8.3.2)", async () => {
    const { db } = test;
    const path = `${house.base}/1/0.ts`;
    expect((await get(path)).status).toBe(200);
    await db
      .updateTable("access_grants")
      .set({ status: "refunded" })
      .where("id", "=", house.grant.id)
      .execute();
    const answer = await get(path);
    expect([answer.status, answer.headers.get("x-reason")]).toEqual([403, "grant_refunded"]);
    await db
      .updateTable("access_grants")
      .set({ status: "active" })
      .where("id", "=", house.grant.id)
      .execute();
    expect((await get(path)).status).toBe(200);
  });

  it("is not there under another stream's id, an unknown one, or one that is none (ASVS 8.2.2)", async () => {
    const other = await insertLiveRecording(test.services);
    for (const path of [
      `/media/${other.streamId}/${house.recordingId}/index.m3u8`,
      `/media/${house.streamId}/${other.recordingId}/index.m3u8`,
      `/media/${house.streamId}/0198c0de-0000-7000-8000-000000000000/index.m3u8`,
      `/media/0198c0de-0000-7000-8000-000000000000/${house.recordingId}/index.m3u8`,
      `/media/abc/${house.recordingId}/index.m3u8`,
      `/media/${house.streamId}/x'--/index.m3u8`,
      `/media/${house.streamId}`,
      "/media/",
    ]) {
      const answer = await get(path, "owner");
      expect([path, [403, 404].includes(answer.status)]).toEqual([path, true]);
      if (path.startsWith(`/media/${house.streamId}`)) expect([path, answer.status]).toEqual([path, 404]);
    }
  });

  it("leads nowhere with dots, odd numbers and odd letters in it", async () => {
    for (const rest of [
      "1/../../../../etc/passwd",
      "..%2f..%2findex.m3u8",
      "1/%2e%2e%2f0.ts",
      "1/-1.ts",
      "1/00.ts",
      "01/0.ts",
      "0/0.ts",
      "1/0.ts%00",
      "1/0.TS",
      "1/99999999999.ts",
      "1/3.ts",
      "1/4.ts",
      "3/0.ts",
      "1/0.ts/x",
      "1/seg_00000.ts",
      "INDEX.M3U8",
      "poster.jpg?size=huge",
      "%",
    ]) {
      const status = await rawStatus(`${house.base}/${rest}`);
      expect([rest, [400, 404].includes(status)]).toEqual([rest, true]);
    }
  });
});

/** As it is, without the client's own tidying of dots. */
function rawStatus(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(web.url, { path, headers: { cookie: cookies.viewer } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end();
  });
}

describe("the playlist", () => {
  it("has all parts that play, in order, and says where a new attempt begins", async () => {
    const answer = await get(`${house.base}/index.m3u8`);
    expect(answer.headers.get("content-type")).toMatch("application/vnd.apple.mpegurl");
    const lines = (await answer.text()).split("\n");
    expect(lines.filter((line) => line.endsWith(".ts"))).toEqual([
      "1/0.ts",
      "1/1.ts",
      "1/2.ts",
      "2/0.ts",
      "2/1.ts",
      "2/2.ts",
    ]);
    expect(lines[lines.indexOf("2/0.ts") - 3]).toBe("#EXT-X-DISCONTINUITY");
    expect(lines.filter((line) => line === "#EXT-X-DISCONTINUITY")).toHaveLength(1);
    expect(lines).toContain("#EXT-X-ENDLIST");
    expect(lines).toContain("#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:41.000Z");
  });

  it("is not there before the recording is ready", async () => {
    const live = await insertLiveRecording(test.services);
    const { cookie } = await signIn(test.db, live.people.owner.id);
    const answer = await get(`/media/${live.streamId}/${live.recordingId}/index.m3u8`, "nobody", {
      headers: { cookie },
    });
    expect(answer.status).toBe(404);
  });
});

describe("bytes", () => {
  it("are those that were recorded", async () => {
    const answer = await get(`${house.base}/2/1.ts`);
    expect(answer.headers.get("content-type")).toBe("video/mp2t");
    expect(Buffer.compare(Buffer.from(await answer.arrayBuffer()), house.segments[1]!)).toBe(0);
  });

  it("come in ranges, and a range beyond the end is refused", async () => {
    const size = house.segments[0]!.length;
    const range = (value: string) => get(`${house.base}/1/0.ts`, "viewer", { headers: { range: value } });
    const some = await range("bytes=188-375");
    expect([some.status, some.headers.get("content-range")]).toEqual([206, `bytes 188-375/${size}`]);
    expect(Buffer.compare(Buffer.from(await some.arrayBuffer()), house.segments[0]!.subarray(188, 376))).toBe(
      0,
    );
    const tail = await range("bytes=-10");
    expect([tail.status, (await tail.arrayBuffer()).byteLength]).toEqual([206, 10]);
    const beyond = await range(`bytes=${size}-`);
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${size}`]);
    expect(await beyond.text()).toBe("There is nothing in that range: it begins behind the end.\n");
    expect((await range("lines=1-2")).status).toBe(200);
    const whole = await get(`${house.base}/1/0.ts`);
    const etag = whole.headers.get("etag")!;
    const changed = await get(`${house.base}/1/0.ts`, "viewer", {
      headers: { range: "bytes=0-1", "if-range": '"old"' },
    });
    expect(changed.status).toBe(200);
    expect((await get(`${house.base}/1/0.ts`, "viewer", { headers: { "if-none-match": etag } })).status).toBe(
      304,
    );
  });

  it("are announced by HEAD, and not sent", async () => {
    const answer = await get(`${house.base}/video.mp4`, "viewer", { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(Number(answer.headers.get("content-length"))).toBeGreaterThan(10_000);
    expect((await answer.arrayBuffer()).byteLength).toBe(0);
  });

  /** The MP4 as a large file, for as long as `use` takes. */
  async function withLargeFile(use: (bytes: number) => Promise<void>) {
    const { db, services } = test;
    const row = db
      .selectFrom("streaming_recording_exports")
      .select(["key", "bytes"])
      .where("recording_id", "=", house.recordingId)
      .where("kind", "=", "mp4");
    const { key, bytes } = await row.executeTakeFirstOrThrow();
    const resize = (to: number) =>
      db.updateTable("streaming_recording_exports").set({ bytes: to }).where("key", "=", key).execute();
    const whole = (await services.storage.read(key!))!;
    const large = Buffer.alloc(40 * 1024 * 1024);
    await putInPlace(services, { key: key!, bytes: large, contentType: "video/mp4" });
    await resize(large.length);
    try {
      await use(large.length);
    } finally {
      await putInPlace(services, { key: key!, bytes: whole, contentType: "video/mp4" });
      await resize(bytes!);
    }
    expect((await get(`${house.base}/video.mp4`)).status).toBe(200);
  }
  const nextClose = () =>
    new Promise<number>((resolve) => {
      web.server.once("request", (_request, response) =>
        response.once("close", () => resolve(response.socket?.bytesWritten ?? 0)),
      );
    });

  it("stop coming out of storage when the client leaves", () =>
    withLargeFile(async (bytes) => {
      const closed = nextClose();
      const leaving = new AbortController();
      const answer = await get(`${house.base}/video.mp4`, "viewer", { signal: leaving.signal });
      await answer.body!.getReader().read();
      leaving.abort();
      expect(await closed).toBeLessThan(bytes);
    }));

  it("stop in the middle of a file when a grant ends", () =>
    withLargeFile(async (bytes) => {
      const { db } = test;
      const grant = (status: "active" | "refunded") =>
        db.updateTable("access_grants").set({ status }).where("id", "=", house.grant.id).execute();
      const closed = nextClose();
      const answer = await get(`${house.base}/video.mp4`, "viewer");
      const reader = answer.body!.getReader();
      await reader.read();
      await grant("refunded");
      const begun = performance.now();
      expect(await closed).toBeLessThan(bytes);
      expect(performance.now() - begun).toBeLessThan(5000);
      await grant("active");
    }));

  it("stop in the middle of a file at the instant that its pass ends, with a database that is silent", () =>
    withLargeFile(async (bytes) => {
      const { db } = test;
      const line = await startLine(test.services.config.databaseUrl);
      const silent = openDatabase(line.url);
      const other = await startMachinesWeb({ ...test.services, db: silent });
      const setEnd = (endsAt: ReturnType<typeof inFuture> | null) =>
        db
          .updateTable("access_grants")
          .set({ ends_at: endsAt })
          .where("id", "=", house.grant.id)
          .returning("ends_at")
          .executeTakeFirstOrThrow();
      const { ends_at: end } = await setEnd(inFuture("3 seconds"));
      const ask = (person: Person) =>
        fetch(`${other.url}${house.base}/video.mp4`, { headers: { cookie: cookies[person]! } });
      const closed = new Promise<number>((resolve) => {
        other.server.once("request", (_request, response) =>
          response.once("close", () => resolve(response.socket?.bytesWritten ?? 0)),
        );
      });
      const answer = await ask("viewer");
      const staying = await ask("moderator");
      await answer.body!.getReader().read();
      line.fallSilent();
      expect(await closed).toBeLessThan(bytes);
      expect(Date.now() - end!.getTime()).toBeGreaterThan(-100);
      expect(Date.now() - end!.getTime()).toBeLessThan(3_000);
      expect((await staying.arrayBuffer()).byteLength).toBe(bytes);
      await setEnd(null);
      await other.close();
      await line.close();
      await silent.destroy();
    }));

  it("that storage has no more are a 503, not an empty answer", async () => {
    const { storage } = test.services;
    const key = `recordings/${house.streamId}/2/seg_00002.ts`;
    await storage.remove(key);
    const answer = await get(`${house.base}/2/2.ts`);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    await storage.write(key, house.segments[2]!, "video/mp2t");
  });
});

describe("the MP4", () => {
  it("is shown inline to who may watch", async () => {
    const answer = await get(`${house.base}/video.mp4`, "viewer", { headers: { range: "bytes=4-7" } });
    expect([answer.status, await answer.text()]).toEqual([206, "ftyp"]);
    expect(answer.headers.get("content-disposition")).toBe("inline");
  });

  it("is downloaded by hosts only, under the stream's title", async () => {
    for (const person of ["host", "owner"] as const) {
      const answer = await get(`${house.base}/video.mp4?download=1`, person);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-disposition")).toBe(
        `attachment; filename="Offentliche Probe.mp4"; filename*=UTF-8''%C3%96ffentliche%20Probe.mp4`,
      );
    }
    for (const person of ["viewer", "moderator", "stranger"] as const)
      expect((await get(`${house.base}/video.mp4?download=1`, person)).status).toBe(403);
    expect((await get(`${house.base}/video.mp4?download=1`, "nobody")).status).toBe(401);
  });
});

describe("captions", () => {
  it("are a file of captions, and nothing else", async () => {
    const answer = await get(`${house.base}/captions/de.vtt`);
    expect(answer.headers.get("content-type")).toBe("text/vtt; charset=utf-8");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await answer.text()).toMatch(/^WEBVTT\n\n00:00:01\.000 --> 00:00:02\.000\nGuten Abend\./);
    for (const language of ["en", "DE", "d", "de%00", "..%2Fde", "%27"])
      expect((await get(`${house.base}/captions/${language}.vtt`)).status).toBe(404);
  });
});

describe("the small pictures", () => {
  it("lie on a sheet as is said of them", async () => {
    const shape = { everyMs: 10_000, width: 160, height: 90, columns: 10, rows: 10, tiles: 2 };
    expect(await (await get(`${house.base}/sprite.json`)).json()).toEqual(shape);
    const bytes = new Uint8Array(await (await get(`${house.base}/sprite-0.jpg`)).arrayBuffer());
    expect(await test.services.media.sizeOfJpeg(bytes)).toEqual({ width: 1600, height: 90 });
    for (const sheet of ["1", "00", "-1", "x"])
      expect((await get(`${house.base}/sprite-${sheet}.jpg`)).status).toBe(404);
  });
});

describe("by redirect", () => {
  it("sends to storage, for a minute at most, and only who may watch (ASVS 14.2.1)", async () => {
    const services = { ...test.services, config: { ...test.services.config, mediaRedirect: true } };
    const redirecting = await startMachinesWeb(services);
    const ask = (path: string, cookie?: string) =>
      fetch(redirecting.url + path, { redirect: "manual", headers: cookie ? { cookie } : {} });
    const answer = await ask(`${house.base}/1/0.ts`, cookies.viewer);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([302, "private, no-store"]);
    const url = new URL(answer.headers.get("location")!);
    expect(Number(url.searchParams.get("X-Amz-Expires"))).toBeLessThanOrEqual(60);
    const bytes = await fetch(url, { headers: { range: "bytes=0-0" } });
    expect([bytes.status, (await bytes.arrayBuffer()).byteLength]).toEqual([206, 1]);
    const download = await ask(`${house.base}/video.mp4?download=1`, cookies.host);
    const file = await fetch(download.headers.get("location")!);
    expect(file.headers.get("content-disposition")).toMatch(/^attachment/);
    await file.arrayBuffer();
    // To watch, it plays for longer than a pass may last, and storage asks nobody on the way.
    for (const cookie of [cookies.viewer, cookies.host]) {
      const whole = await ask(`${house.base}/video.mp4`, cookie);
      expect([whole.status, whole.headers.get("location")]).toEqual([200, null]);
      expect(whole.headers.get("content-type")).toBe("video/mp4");
      await whole.body!.cancel();
    }
    expect((await ask(`${house.base}/1/0.ts`, cookies.banned)).status).toBe(403);
    expect((await ask(`${house.base}/1/0.ts`)).status).toBe(401);
    expect((await ask(`${house.base}/index.m3u8`, cookies.viewer)).status).toBe(200);
    await redirecting.close();
  });
});

describe("the pictures of a replay", () => {
  it("are asked for each time, since another edit has others under an address that one knows", async () => {
    for (const address of [
      "poster.jpg?edit=0",
      "poster.jpg?size=small",
      "sprite.json?edit=0",
      "sprite-0.jpg?edit=0",
    ]) {
      const answer = await get(`${house.base}/${address}`);
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "private, no-cache"]);
      // Where it tells what one has, Node's own client asks express for a fresh one all the same.
      if (address.startsWith("sprite.json")) continue;
      const again = await get(`${house.base}/${address}`, "viewer", {
        headers: { "if-none-match": answer.headers.get("etag")! },
      });
      expect([address, again.status]).toEqual([address, 304]);
      const late = await get(`${house.base}/${address}`, "ended", {
        headers: { "if-none-match": answer.headers.get("etag")! },
      });
      expect(late.status).toBe(403);
    }
  });
});

describe("the place where somebody stopped", () => {
  const save = (body: unknown, person: Person = "viewer", origin = web.url) =>
    get(`${house.base}/position`, person, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers: { "content-type": "application/json", origin },
    });
  const position = async (person: "viewer" | "host") =>
    (await findReplay(test.db, { streamId: house.streamId, userId: house.people[person].id }))!.positionMs;

  it("is remembered for each person", async () => {
    expect((await save({ positionMs: 4200.4, edit: 0 })).status).toBe(204);
    expect((await save({ positionMs: 1500, edit: 0 }, "host")).status).toBe(204);
    expect([await position("viewer"), await position("host")]).toEqual([4200, 1500]);
    expect((await save({ positionMs: 2000, edit: 0 })).status).toBe(204);
    expect(await position("viewer")).toBe(2000);
  });

  it("is the beginning again for who has seen it to its end", async () => {
    expect((await save({ positionMs: 900_000, edit: 0 })).status).toBe(204);
    expect(await position("viewer")).toBe(0);
    await save({ positionMs: 2000, edit: 0 });
  });

  it("is not taken from another site, from who may not watch, or when it is no place", async () => {
    expect((await save({ positionMs: 1, edit: 0 }, "viewer", "https://evil.example")).status).toBe(403);
    for (const [person, status] of Object.entries(refusals))
      expect((await save({ positionMs: 1, edit: 0 }, person as Person)).status).toBe(status);
    for (const body of [
      {},
      { positionMs: -1, edit: 0 },
      { positionMs: "1", edit: 0 },
      { positionMs: 1e300, edit: 0 },
      { positionMs: 1 },
      { positionMs: 1, edit: -1 },
      { positionMs: 1, edit: 0.5 },
      [],
      "null",
      "no json",
    ])
      expect((await save(body)).status).toBe(400);
    expect((await save({ positionMs: 1, edit: 3 })).status).toBe(404);
    expect((await save({ positionMs: 1, filler: "x".repeat(5000) })).status).toBe(413);
    expect(await position("viewer")).toBe(2000);
  });
});

describe("what a replay is about", () => {
  it("is its title, its length, and where something is missing", async () => {
    const replay = await findReplay(test.db, { streamId: house.streamId, userId: house.people.owner.id });
    expect(replay).toEqual({
      streamId: house.streamId,
      recordingId: house.recordingId,
      edit: 0,
      title: "Öffentliche Probe",
      durationMs: 12_000,
      positionMs: 0,
      hasMp4: true,
      mp4Progress: 1,
      hasPoster: true,
      captions: [{ language: "de", name: "Deutsch" }],
      gaps: [{ atMs: 6000, ms: 35_000 }],
      chapters: [],
    });
  });

  it("is nothing while there is none", async () => {
    const live = await insertLiveRecording(test.services);
    expect(
      await findReplay(test.db, { streamId: live.streamId, userId: live.people.owner.id }),
    ).toBeUndefined();
  });
});
