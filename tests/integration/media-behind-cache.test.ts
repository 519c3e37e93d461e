import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOpenAttempt } from "#app/domain/recordings/attempts.ts";
import { verifySegments } from "#app/domain/recordings/verify.ts";
import { startCachingProxy } from "#tests/caching-proxy.ts";
import { signIn } from "#tests/factories.ts";
import { createSharedCache, type Manners } from "#tests/shared-cache.ts";
import { startMachinesWeb } from "./machines-web.ts";
import {
  insertLiveRecording,
  insertReplay,
  insertRunningAttempt,
  segmentsOf,
  writeSegments,
} from "./recording-fixtures.ts";
import { openTestServices } from "./setup.ts";

const admitted = ["viewer", "moderator", "host", "owner"];
const refused = ["nobody", "stranger", "ended", "banned", "otherOwner"];

let test: Awaited<ReturnType<typeof openTestServices>>;
let stages: { addresses: string[]; cookies: Record<string, string | undefined> }[];
beforeAll(async () => {
  test = await openTestServices({ env: { LIVEKIT_URL: "http://127.0.0.1:9" } });
  stages = [await live(), await replay()];
}, 60_000);
afterAll(() => test.close());

/** A stream on the air, of which three segments are recorded. */
async function live() {
  const house = await insertLiveRecording(test.services);
  const { streamId, recordingId } = house;
  const { prefix } = await insertRunningAttempt(test.services, { recordingId, streamId });
  await writeSegments(test.services.storage, prefix, await segmentsOf("x264"));
  await verifySegments(test.services, (await findOpenAttempt(test.db, recordingId))!);
  const base = `/media/${streamId}/${recordingId}`;
  const addresses = ["live.m3u8", "live.m3u8?so-far", "1/0.ts", "1/1.ts"].map((rest) => `${base}/${rest}`);
  return { addresses, cookies: await cookiesOf(house.people) };
}

async function replay() {
  const house = await insertReplay(test.services);
  const base = `/media/${house.streamId}/${house.recordingId}`;
  const names = ["index.m3u8", "1/0.ts", "poster.jpg", "sprite.json", "sprite-0.jpg", "video.mp4"];
  return { addresses: names.map((rest) => `${base}/${rest}`), cookies: await cookiesOf(house.people) };
}

async function cookiesOf(people: Record<string, { id: string } | null>) {
  const cookies: Record<string, string | undefined> = {};
  for (const [name, person] of Object.entries(people))
    cookies[name] = person ? (await signIn(test.db, person.id)).cookie : undefined;
  return cookies;
}

async function withProxy(
  manners: Manners,
  mediaRedirect: boolean,
  run: (proxy: Awaited<ReturnType<typeof startCachingProxy>>) => Promise<void>,
) {
  const config = { ...test.services.config, mediaRedirect };
  const web = await startMachinesWeb({ ...test.services, config });
  const proxy = await startCachingProxy(web.url, manners);
  try {
    await run(proxy);
  } finally {
    await proxy.close();
    await web.close();
  }
}

async function ask(url: string, cookie?: string) {
  const answer = await fetch(url, { redirect: "manual", headers: cookie ? { cookie } : {} });
  const { byteLength } = await answer.arrayBuffer();
  const { status, headers } = answer;
  return { status, location: headers.get("location"), hit: headers.get("x-cache") === "hit", byteLength };
}

describe.each([false, true])("behind a shared cache, with redirects to storage: %s", (mediaRedirect) => {
  it.each(["strict", "worst"] as const)(
    "nobody gets from a %s one what a viewer had from it (ASVS 8.3.1, 14.2.2)",
    async (manners) => {
      await withProxy(manners, mediaRedirect, async (proxy) => {
        for (const { addresses, cookies } of stages) {
          for (const address of addresses)
            for (const person of admitted) {
              const { status, hit } = await ask(proxy.url + address, cookies[person]);
              expect([address, person, [200, 302].includes(status), hit]).toEqual([
                address,
                person,
                true,
                false,
              ]);
            }
          for (const address of addresses)
            for (const person of refused) {
              const answer = await ask(proxy.url + address, cookies[person]);
              const status = person === "nobody" ? 401 : 403;
              expect([address, person, answer.status]).toEqual([address, person, status]);
              expect([answer.location, answer.hit, answer.byteLength < 100]).toEqual([null, false, true]);
            }
          // A refusal is not handed on either.
          for (const address of addresses)
            expect((await ask(proxy.url + address, cookies.viewer)).status).toBeLessThan(400);
        }
        expect(proxy.kept.map(({ url }) => url)).toEqual([]);
      });
    },
  );

  it("one that heeds nothing would hand it to anybody, so this test can tell", async () => {
    await withProxy("deaf", mediaRedirect, async (proxy) => {
      const { addresses, cookies } = stages[0]!;
      const own = await ask(proxy.url + addresses[2]!, cookies.viewer);
      const stolen = await ask(proxy.url + addresses[2]!);
      expect([stolen.hit, stolen.status, stolen.location, stolen.byteLength]).toEqual([
        true,
        own.status,
        own.location,
        own.byteLength,
      ]);
    });
  });
});

describe("the cache of these tests", () => {
  const asked = (headers = {}) => ({ method: "GET", url: "/page", headers });
  const answer = (headers: Record<string, string>, status = 200) => ({
    status,
    headers,
    body: Buffer.from("it"),
  });
  const keeps = (manners: Manners, headers: Record<string, string>, status?: number) => {
    const cache = createSharedCache(manners);
    cache.keep(asked({ cookie: "mine" }), answer(headers, status));
    return cache.find(asked({ cookie: "theirs" })) !== undefined;
  };

  it.each<[Manners, Record<string, string>, boolean]>([
    ["strict", { "cache-control": "public, max-age=60" }, true],
    ["strict", { "cache-control": "max-age=60" }, true],
    ["strict", { "cache-control": "max-age=60", age: "61" }, false],
    ["strict", { "cache-control": "max-age=0, s-maxage=60" }, true],
    ["strict", { "cache-control": "max-age=60", vary: "Cookie" }, false],
    ["strict", { "cache-control": "max-age=60", vary: "Accept-Encoding" }, true],
    ["strict", { "cache-control": "no-cache" }, false],
    ["strict", { "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" }, true],
    ["strict", { "cache-control": "private, max-age=60" }, false],
    ["strict", {}, false],
    ["worst", {}, true],
    ["worst", { "cache-control": "no-cache", vary: "Cookie" }, true],
    ["worst", { "cache-control": "private, no-cache" }, false],
    ["worst", { "cache-control": "max-age=60, no-store" }, false],
    ["deaf", { "cache-control": "private, no-store" }, true],
  ])("%s, told %j, hands on what somebody else had: %s", (manners, headers, handsOn) => {
    expect(keeps(manners, headers)).toBe(handsOn);
  });
});
