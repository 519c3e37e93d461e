import { setTimeout as pause } from "node:timers/promises";
import type { KyselyPlugin, RawBuilder } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { findOpenAttempt } from "#app/domain/recordings/attempts.ts";
import { verifySegments } from "#app/domain/recordings/verify.ts";
import { createLivePlaylists } from "#app/server/live-playlists.ts";
import { createStorage, type Storage } from "#app/services/storage.ts";
import { inFuture, insertGrant, insertUser, signIn } from "#tests/factories.ts";
import { type StorageProxy, startStorageProxy } from "#tests/storage-proxy.ts";
import { startMachinesWeb } from "./machines-web.ts";
import {
  insertLiveRecording,
  insertRunningAttempt,
  segmentKey,
  segmentsOf,
  writeSegments,
} from "./recording-fixtures.ts";
import { openTestServices } from "./setup.ts";

let proxy: StorageProxy;
/** Web's, by way of the proxy. */
let storage: Storage;
let test: Awaited<ReturnType<typeof openTestServices>>;
let web: Awaited<ReturnType<typeof startMachinesWeb>>;
let segments: Uint8Array[];
/** What web read whole from storage. */
const reads: string[] = [];
beforeAll(async () => {
  test = await openTestServices({ env: { LIVEKIT_URL: "http://127.0.0.1:9" } });
  const { config } = test.services;
  proxy = await startStorageProxy(config.storage);
  storage = createStorage({ ...config.storage, endpoint: proxy.url });
  const read = (key: string) => {
    reads.push(key);
    return storage.read(key);
  };
  web = await startMachinesWeb({ ...test.services, storage: { ...storage, read } });
  segments = await segmentsOf("x264");
}, 60_000);
afterEach(() => proxy.calm());
afterAll(async () => {
  await web.close();
  storage.close();
  await test.close();
  await proxy.close();
});

/** So many more people with a grant of this pass: their cookies. */
const audience = (passId: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const { id } = await insertUser(test.db);
      await insertGrant(test.db, { passId, userId: id });
      return (await signIn(test.db, id)).cookie;
    }),
  );

async function live(count = segments.length) {
  const house = await insertLiveRecording(test.services);
  const { streamId, recordingId } = house;
  const { prefix } = await insertRunningAttempt(test.services, { recordingId, streamId });
  /** The recorder has written so many, and they were verified. */
  const record = async (so: number) => {
    await writeSegments(test.services.storage, prefix, segments.slice(0, so));
    await verifySegments(test.services, (await findOpenAttempt(test.db, recordingId))!);
  };
  await record(count);
  const base = `/media/${streamId}/${recordingId}`;
  const cookies: Record<string, string | undefined> = {};
  for (const [name, person] of Object.entries(house.people))
    cookies[name] = person ? (await signIn(test.db, person.id)).cookie : undefined;
  const get = (address: string, cookie = cookies.viewer, headers: Record<string, string> = {}) =>
    fetch(`${web.url}${base}/${address}`, { headers: { ...(cookie && { cookie }), ...headers } });
  return { ...house, base, prefix, record, cookies, get, asNobody: (address: string) => get(address, "") };
}

const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

describe("a crowd in one moment", () => {
  it("gets to each of its people their own answer (ASVS 8.3.1)", async () => {
    const { cookies, get } = await live();
    const expected: Record<string, number> = {
      ...{ nobody: 401, stranger: 403, ended: 403, banned: 403, otherOwner: 403 },
      ...{ viewer: 200, moderator: 200, host: 200, owner: 200 },
    };
    const asked = Object.keys(expected).flatMap((person) =>
      ["live.m3u8", "1/0.ts", "1/2.ts"].flatMap((address) => [0, 1, 2, 3].map(() => ({ person, address }))),
    );
    const answers = await Promise.all(
      asked.map(async ({ person, address }) => {
        const answer = await get(address, cookies[person] ?? "");
        const bytes = await bytesOf(answer);
        const number = /\d(?=\.ts)/.exec(address)?.[0];
        const isIt = number === undefined || bytes.equals(segments[Number(number)]!);
        return [person, address, answer.status, isIt && answer.status === 200];
      }),
    );
    expect(answers).toEqual(
      asked.map(({ person, address }) => [person, address, expected[person], expected[person] === 200]),
    );
  });

  it("of two streams, and with a cookie that nobody has, too", async () => {
    const [one, other] = [await live(), await live()];
    const statuses = await Promise.all([
      one.get("1/0.ts"),
      other.get("1/0.ts"),
      one.get("1/0.ts", other.cookies.viewer),
      other.get("1/0.ts", one.cookies.host),
      one.get("1/0.ts", "session=not-a-token"),
      one.get("1/7.ts"),
    ]).then((answers) => answers.map(({ status }) => status));
    expect(statuses).toEqual([200, 200, 403, 403, 401, 404]);
  });

  it("is what a segment is read from storage once for, and whose pass has ended gets none of it", async () => {
    const { get, pass, prefix, grant, people } = await live();
    const cookies = await audience(pass.id, 20);
    const got = await Promise.all(cookies.map((cookie) => get("1/1.ts", cookie).then(bytesOf)));
    for (const bytes of got) expect(bytes.equals(segments[1]!)).toBe(true);
    expect(reads.filter((key) => key === segmentKey(prefix, 1))).toHaveLength(1);

    expect((await get("1/1.ts")).status).toBe(200);
    const { db } = test;
    await db.updateTable("access_grants").set({ status: "refunded" }).where("id", "=", grant.id).execute();
    const refused = await get("1/1.ts");
    expect([refused.status, (await bytesOf(refused)).length < 100]).toEqual([403, true]);
    await db.updateTable("access_grants").set({ status: "active" }).where("id", "=", grant.id).execute();
    expect((await get("1/1.ts")).status).toBe(200);
    await db
      .updateTable("sessions")
      .set({ ended_at: new Date() })
      .where("user_id", "=", people.viewer.id)
      .execute();
    expect((await get("1/1.ts")).status).toBe(401);
    expect(reads.filter((key) => key === segmentKey(prefix, 1))).toHaveLength(1);
  });
});

describe("a segment that many share", () => {
  it("is signed once for all who are sent to storage in the same moment, and for nobody else (ASVS 14.2.1)", async () => {
    const { cookies, base } = await live();
    const config = { ...test.services.config, mediaRedirect: true };
    const redirecting = await startMachinesWeb({ ...test.services, config });
    const ask = async (person: string, address: string) => {
      const cookie = cookies[person];
      const answer = await fetch(`${redirecting.url}${base}/${address}`, {
        redirect: "manual",
        headers: cookie ? { cookie } : {},
      });
      await answer.arrayBuffer();
      return { status: answer.status, to: answer.headers.get("location") };
    };
    const [one, other, another] = await Promise.all([
      ask("viewer", "1/0.ts"),
      ask("owner", "1/0.ts"),
      ask("viewer", "1/1.ts"),
    ]);
    expect([one.status, one.to]).toEqual([302, other.to]);
    expect(another.to).not.toBe(one.to);
    expect((await bytesOf(await fetch(one.to!))).equals(segments[0]!)).toBe(true);
    for (const person of ["nobody", "stranger", "ended", "banned", "otherOwner"])
      expect([person, await ask(person, "1/0.ts")]).toEqual([
        person,
        { status: person === "nobody" ? 401 : 403, to: null },
      ]);
    await redirecting.close();
  });

  it("comes in ranges, is announced by HEAD, and need not come again", async () => {
    const { get, asNobody } = await live();
    const whole = await get("1/0.ts");
    const etag = whole.headers.get("etag")!;
    expect((await bytesOf(whole)).equals(segments[0]!)).toBe(true);
    const some = await get("1/0.ts", undefined, { range: "bytes=188-375" });
    expect([some.status, some.headers.get("content-range")]).toEqual([
      206,
      `bytes 188-375/${segments[0]!.length}`,
    ]);
    expect((await bytesOf(some)).equals(segments[0]!.subarray(188, 376))).toBe(true);
    expect((await get("1/0.ts", undefined, { "if-none-match": etag })).status).toBe(304);
    expect((await asNobody("1/0.ts")).status).toBe(401);
  });

  it("is a 503 while storage has other bytes in its place, and is not kept", async () => {
    const { get, prefix } = await live();
    const { storage } = test.services;
    const key = segmentKey(prefix, 2);
    await storage.write(key, Buffer.alloc(segments[2]!.length), "video/mp2t");
    const wrong = await get("1/2.ts");
    expect([wrong.status, wrong.headers.get("retry-after"), (await wrong.text()).length < 100]).toEqual([
      503,
      "5",
      true,
    ]);
    await storage.remove(key);
    const part = await get("1/2.ts", undefined, { range: "bytes=188-375" });
    expect([part.status, await part.text()]).toEqual([
      503,
      "This cannot be read right now. Try again in some seconds.\n",
    ]);
    for (const name of ["etag", "accept-ranges", "content-range"]) expect(part.headers.get(name)).toBeNull();
    await storage.write(key, segments[2]!, "video/mp2t");
    expect((await bytesOf(await get("1/2.ts"))).equals(segments[2]!)).toBe(true);
  });
});

describe("a segment that storage is slow to give", () => {
  type Grant = { status: "refunded" } | { starts_at: RawBuilder<Date>; ends_at: RawBuilder<Date> };
  const setGrant = (id: string, set: Grant) =>
    test.db.updateTable("access_grants").set(set).where("id", "=", id).execute();

  it("is not sent to whose pass was taken back meanwhile, and is to the others (ASVS 8.3.2)", async () => {
    const { get, grant, cookies, prefix } = await live();
    const key = new RegExp(segmentKey(prefix, 0));
    proxy.make({ methods: ["GET"], key, times: 1, trouble: { slowMs: 1_300 } });
    const asked = [get("1/0.ts"), get("1/0.ts", cookies.moderator)];
    await pause(300);
    await setGrant(grant.id, { status: "refunded" });
    const [refused, sent] = await Promise.all(asked);
    expect([refused!.status, refused!.headers.get("etag")]).toEqual([403, null]);
    expect((await bytesOf(refused!)).length).toBeLessThan(100);
    expect((await bytesOf(sent!)).equals(segments[0]!)).toBe(true);
  });

  it("is decided about again for all who wait for it in a few statements", async () => {
    const { base, pass, prefix } = await live();
    const cookies = await audience(pass.id, 20);
    let sessionsAsked = 0;
    const counter: KyselyPlugin = {
      transformQuery({ node }) {
        if (JSON.stringify(node).includes("token_hash")) sessionsAsked++;
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    };
    const counted = await startMachinesWeb({ ...test.services, db: test.db.withPlugin(counter), storage });
    const key = new RegExp(segmentKey(prefix, 0));
    proxy.make({ methods: ["GET"], key, times: 1, trouble: { slowMs: 1_400 } });
    const asked = cookies.map((cookie) => fetch(`${counted.url}${base}/1/0.ts`, { headers: { cookie } }));
    await pause(700);
    const before = sessionsAsked;
    expect(before).toBeGreaterThan(0);
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual(cookies.map(() => 200));
    expect(sessionsAsked - before).toBeGreaterThan(0);
    expect(sessionsAsked - before).toBeLessThan(8);
    await counted.close();
  });

  it("is not sent to whose pass has ended by then, however short that took", async () => {
    const { get, grant, prefix } = await live();
    const key = new RegExp(segmentKey(prefix, 0));
    proxy.make({ methods: ["GET"], key, times: 1, trouble: { slowMs: 900 } });
    // One that began with the stream would last until its end.
    await setGrant(grant.id, { starts_at: inFuture("0 s"), ends_at: inFuture("600 milliseconds") });
    const refused = await get("1/0.ts");
    expect([refused.status, (await bytesOf(refused)).length < 100]).toEqual([403, true]);
    expect(proxy.seen.some(({ key }) => key === segmentKey(prefix, 0))).toBe(true);
  });
});

describe("a reading that hangs", () => {
  it("of a segment keeps nobody waiting who comes a moment later", async () => {
    const { get, prefix } = await live();
    const key = segmentKey(prefix, 1);
    proxy.make({ methods: ["GET"], key: new RegExp(key), times: 1, trouble: "silence" });
    const waiting = get("1/1.ts").then(bytesOf);
    await pause(1_700);
    const begun = performance.now();
    expect((await bytesOf(await get("1/1.ts"))).equals(segments[1]!)).toBe(true);
    expect(performance.now() - begun).toBeLessThan(5_000);
    proxy.calm();
    expect((await waiting).equals(segments[1]!)).toBe(true);
    expect((await get("1/1.ts")).status).toBe(200);
    expect(reads.filter((one) => one === key)).toHaveLength(2);
  });

  it("of a playlist keeps nobody waiting who comes a moment later, and takes nothing back that was told since", async () => {
    const { streamId, recordingId, record } = await live(2);
    const hanging = hangOnce({ at: 1 });
    const playlists = createLivePlaylists(test.db.withPlugin(hanging.plugin));
    const find = () => playlists.find({ streamId, recordingId });
    const early = find();
    await pause(1_700);
    await record(3);
    const newer = await find();
    expect(newer).toMatchObject({ text: expect.any(Buffer) });
    expect(String((newer as { text: Buffer }).text).match(/\.ts$/gm)).toHaveLength(3);
    hanging.end();
    expect(await early).toBe(newer);
    expect(await find()).toBe(newer);
  });
});

/** The database has answered this one of our questions (the first is 0), and the answer is under way until `end`. */
function hangOnce({ at }: { at: number }) {
  let asked = 0;
  let end = () => {};
  const arrives = new Promise<void>((resolve) => (end = resolve));
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (asked++ === at) await arrives;
      return result;
    },
  };
  return { plugin, end };
}
