import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { runExport } from "#app/domain/recordings/exports.ts";
import { remakeExport } from "#app/domain/recordings/remake.ts";
import { createStorage } from "#app/services/storage.ts";
import { encodeSegments, syntheticSegments } from "#tests/bench/synthetic-segments.ts";
import { type Rule, type StorageProxy, startStorageProxy, type Trouble } from "#tests/storage-proxy.ts";
import { exportRows, finishedRecording, insertReplay } from "./recording-fixtures.ts";
import { openTestServices } from "./setup.ts";

let proxy: StorageProxy;
let test: Awaited<ReturnType<typeof openTestServices>>;
/** Storage as it is, without the proxy. */
let store: ReturnType<typeof createStorage>;
beforeAll(async () => {
  const { S3_BUCKET = "" } = inject("partsEnvironment");
  proxy = await startStorageProxy({ endpoint: inject("storeBehind"), bucket: S3_BUCKET });
  test = await openTestServices({ env: { S3_ENDPOINT: proxy.url, LIVEKIT_URL: "http://127.0.0.1:9" } });
  const config = test.services.config.storage;
  test.services.storage.close();
  test.services.storage = createStorage(config, { patienceMs: 2400 });
  store = createStorage({ ...config, endpoint: inject("storeBehind") });
}, 60_000);
afterEach(() => proxy.calm());
afterAll(async () => {
  store.close();
  await test.close();
  await proxy.close();
});

type Kind = "mp4" | "poster" | "sprite";

/** One replay for each kind: after a test its export is ready, and the next one has it made again. */
const replays = new Map<Kind, Awaited<ReturnType<typeof insertReplay>>>();

async function wanted(kind: Kind) {
  const { db, services } = test;
  const replay = replays.get(kind) ?? (await insertReplay(services, { exports: false }));
  replays.set(kind, replay);
  const row = async () => (await exportRows(db, replay.recordingId)).find((each) => each.kind === kind)!;
  const { id: exportId } = await row();
  await db.transaction().execute((trx) => remakeExport(trx, services.queue, { exportId }));
  expect(await row()).toMatchObject({ status: "waiting", key: null });
  return { ...replay, exportId, row, folder: `exports/${replay.streamId}/${replay.recordingId}/` };
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Where a making meets storage. */
const meetings: Record<string, { kind: Kind; rule: Omit<Rule, "trouble"> }> = {
  "reading a segment for the MP4": { kind: "mp4", rule: { methods: ["GET"], key: /seg_00001/ } },
  "beginning the MP4's upload": {
    kind: "mp4",
    rule: { methods: ["POST"], only: ({ query }) => query.has("uploads") },
  },
  "sending a part of the MP4": { kind: "mp4", rule: { methods: ["PUT"], key: /\.mp4$/ } },
  "completing the MP4": {
    kind: "mp4",
    rule: { methods: ["POST"], only: ({ query }) => query.has("uploadId") },
  },
  "reading the MP4 back": { kind: "mp4", rule: { methods: ["GET"], key: /\.mp4$/, only: isRead } },
  "reading a segment for the poster": { kind: "poster", rule: { methods: ["GET"], key: /\.ts$/ } },
  "writing the poster": { kind: "poster", rule: { methods: ["PUT"], key: /medium\.jpg$/ } },
  "reading the poster back": { kind: "poster", rule: { methods: ["GET"], key: /medium\.jpg$/ } },
  "reading a segment for the small pictures": { kind: "sprite", rule: { methods: ["GET"], key: /\.ts$/ } },
  "writing the small pictures": { kind: "sprite", rule: { methods: ["PUT"], key: /sprite-0\.jpg$/ } },
  "reading the small pictures back": { kind: "sprite", rule: { methods: ["GET"], key: /sprite-0\.jpg$/ } },
};
function isRead({ query }: { query: URLSearchParams }) {
  return !query.has("uploadId");
}
const answers: [string, Trouble][] = [
  ["403", { refuse: 403 }],
  ["500", { refuse: 500 }],
  ["507, no space", { refuse: 507 }],
  ["the end of the connection", "hang up"],
];
const readAnswers: [string, Trouble][] = [
  ["half of it", { cutAfter: 500 }],
  ["less than it is", { shortenTo: 500 }],
];
/** Two of the answers at each meeting, in turn, and what only a reading can be answered with. */
const cases = Object.entries(meetings).flatMap(([meeting, { kind, rule }], place) =>
  [
    answers[place % 4]!,
    answers[(place + 1) % 4]!,
    ...(rule.methods?.[0] === "GET" ? readAnswers : []),
    ...(meeting === "sending a part of the MP4" ? ([["nothing", "silence"]] as const) : []),
    ...(meeting === "reading the MP4 back" ? ([["a beginning alone", { stallAfter: 500 }]] as const) : []),
  ].map(([answer, trouble]) => [meeting, answer, { kind, rule: { ...rule, trouble } }] as const),
);

describe("while storage is in trouble", () => {
  it.each(cases)(
    "%s, answered with %s, makes nothing ready; afterwards it is made",
    async (_, answer, { kind, rule }) => {
      const { exportId, row, folder } = await wanted(kind);
      const made = proxy.make(rule);
      await expect(runExport(test.services, { exportId })).rejects.toThrow();
      expect(made.hits).toBeGreaterThan(0);
      expect(await row()).toMatchObject({ status: "waiting", key: null });
      // That bytes are wrong is no trouble of storage's that a creator has to know of.
      const said = answer === "less than it is" ? /^$/ : /^Storage does not take it right now/;
      expect((await row()).reason).toMatch(said);
      proxy.calm();
      await runExport(test.services, { exportId });
      const ready = await row();
      expect(ready).toMatchObject({ status: "ready", progress: 1 });
      const stored = (await store.read(ready.key!))!;
      expect([stored.length, sha256(stored)]).toEqual([ready.bytes, ready.sha256]);
      expect(await store.listUploads(folder)).toEqual([]);
    },
  );

  it("an export is not given up, however long that takes", async () => {
    const { exportId, row } = await wanted("mp4");
    const { claims } = await row();
    proxy.make({ methods: ["PUT"], key: /\.mp4$/, trouble: { refuse: 403 } });
    for (let times = 0; times < 15; times++)
      await expect(runExport(test.services, { exportId })).rejects.toThrow();
    expect(await row()).toMatchObject({ status: "waiting", claims: claims + 15 });
    expect((await row()).reason).toMatch(/^Storage does not take it right now/);
    proxy.calm();
    const reasons: string[] = [];
    // While it is made again, nothing is said to be in its way.
    proxy.make({
      methods: ["PUT"],
      key: /\.mp4$/,
      trouble: { then: async () => void reasons.push((await row()).reason) },
    });
    await runExport(test.services, { exportId });
    expect(reasons.length).toBeGreaterThan(0);
    expect(new Set(reasons)).toEqual(new Set([""]));
    expect(await row()).toMatchObject({ status: "ready", reason: "" });
  });
});

describe("storage that took what it was given and has something else", () => {
  it.each([
    ["mp4", /\.mp4$/, "shorter", (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1000)],
    ["mp4", /\.mp4$/, "with other bytes", flipped],
    ["poster", /small\.jpg$/, "shorter", (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2)],
    ["poster", /large\.jpg$/, "with other bytes", flipped],
    ["sprite", /sprite-0\.jpg$/, "shorter", (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2)],
    ["sprite", /sprite-0\.jpg$/, "with other bytes", flipped],
  ] as const)(
    "an %s %s that is %s (%#) is never ready, and is made again from the segments",
    async (kind, key, _, spoil) => {
      const { exportId, row } = await wanted(kind);
      const spoiled = proxy.make({
        key,
        only: ({ method, query }) =>
          (method === "PUT" && !query.has("uploadId")) || (method === "POST" && query.has("uploadId")),
        times: 1,
        trouble: {
          then: async (asked) => {
            const bytes = (await store.read(asked.key))!;
            await new Promise((resolve) => setTimeout(resolve, 1100));
            await store.write(asked.key, spoil(bytes), "image/jpeg");
          },
        },
      });
      await expect(runExport(test.services, { exportId })).rejects.toThrow();
      expect(spoiled.hits).toBe(1);
      expect(await row()).toMatchObject({ status: "waiting", key: null, tries: 1 });
      await runExport(test.services, { exportId });
      const ready = await row();
      expect(ready.status).toBe("ready");
      expect(sha256((await store.read(ready.key!))!)).toBe(ready.sha256);
    },
  );
});

function flipped(bytes: Uint8Array): Uint8Array {
  const other = new Uint8Array(bytes);
  other[bytes.length >> 1]! ^= 0x55;
  return other;
}

describe("an MP4 of several parts", () => {
  it("is gone on with where it stopped: what was sent is not sent again, and the file is the same", async () => {
    const { services } = test;
    const refused = proxy.broken.length;
    const base = await encodeSegments({ count: 2, kilobits: 24_000 });
    const segments = [...syntheticSegments({ base, durationMs: 8000 })].map(({ bytes }) => bytes);
    const partsOf = async (make: boolean) => {
      const { recordingId } = await finishedRecording(services, segments);
      const row = async () => (await exportRows(test.db, recordingId)).find(({ kind }) => kind === "mp4")!;
      const { id: exportId } = await row();
      if (make) await runExport(services, { exportId });
      return { exportId, row };
    };
    const control = await (await partsOf(true)).row();
    const { exportId, row } = await partsOf(false);
    const isPart = ({ method, query }: { method: string; query: URLSearchParams }) =>
      method === "PUT" && query.has("partNumber");
    proxy.make({
      only: (asked) => isPart(asked) && asked.query.get("partNumber") === "3",
      trouble: { refuse: 503 },
    });
    await expect(runExport(services, { exportId })).rejects.toThrow();
    proxy.calm();
    const from = proxy.seen.length;
    await runExport(services, { exportId });
    const again = proxy.seen.slice(from).filter(isPart);
    expect(again.map(({ query }) => query.get("partNumber"))).toContain("3");
    expect(again.map(({ query }) => query.get("partNumber"))).not.toContain("2");
    expect(await row()).toMatchObject({ status: "ready", bytes: control.bytes, sha256: control.sha256 });
    // R2 would have refused nothing.
    expect(proxy.broken.slice(refused)).toEqual([]);
  }, 300_000);
});
