import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countAudiences, findAudience, leavePresence, touchPresence } from "#app/domain/presence/presence.ts";
import { insertGrant, insertPeople, insertUser, signIn } from "#tests/factories.ts";
import { startPageSockets } from "./page-socket-client.ts";

let web: Awaited<ReturnType<typeof startPageSockets>>;
beforeAll(async () => {
  web = await startPageSockets();
});
afterAll(() => web.close());

async function setHouse({ status = "live" as "live" | "scheduled", people = 3 } = {}) {
  const { db } = web;
  const stage = await insertPeople(db, { status });
  const streamId = stage.stream.id;
  const viewers = await Promise.all(Array.from({ length: people }, () => insertUser(db)));
  for (const viewer of viewers) await insertGrant(db, { passId: stage.pass.id, userId: viewer.id });
  const seen = (index: number, { tab = "tab-one", agoMs = 0, audience = true } = {}) => ({
    streamId,
    userId: viewers[index]?.id ?? "",
    tab,
    audience,
    agoMs,
  });
  /** As if the last count were long ago. */
  const count = async () => {
    await db.deleteFrom("stream_audiences").where("stream_id", "=", streamId).execute();
    return findAudience(db, streamId);
  };
  return { ...stage, db, streamId, viewers, seen, count };
}

describe("viewers", () => {
  it("are people, however many tabs they have, and not the team", async () => {
    const { db, seen, count, people, streamId } = await setHouse();
    const host = { streamId, userId: people.host.id, tab: "tab-host", audience: false, agoMs: 0 };
    await touchPresence(db, [seen(0), seen(0, { tab: "tab-two" }), seen(1), host]);
    expect(await count()).toEqual({ now: 2, peak: 2, total: 2 });
  });

  it("are gone 15 seconds after they were last seen", async () => {
    const { db, seen, count } = await setHouse();
    await touchPresence(db, [seen(0, { agoMs: 14_000 }), seen(1, { agoMs: 15_100 })]);
    expect(await count()).toMatchObject({ now: 1, total: 2 });
  });

  it("are gone at once when they left, unless the same tab was seen since", async () => {
    const { db, seen, count } = await setHouse();
    await touchPresence(db, [seen(0, { agoMs: 500 }), seen(1, { agoMs: 500 })]);
    await touchPresence(db, [seen(1, { tab: "tab-other" })]);
    await leavePresence(db, [seen(0, { agoMs: 100 }), seen(1, { agoMs: 1_000 })]);
    expect(await count()).toMatchObject({ now: 1, total: 2 });
  });

  it("of one batch may be named twice, be unknown, or belong to a stream that is gone", async () => {
    const { db, seen, count } = await setHouse();
    const nowhere = "00000000-0000-7000-8000-000000000000";
    await touchPresence(db, [
      seen(0, { agoMs: 16_000 }),
      seen(0, { agoMs: 10 }),
      { ...seen(1), streamId: nowhere },
      { ...seen(1), userId: nowhere },
    ]);
    expect(await count()).toMatchObject({ now: 1 });
    expect((await countAudiences(db, [nowhere])).size).toBe(0);
  });

  it("count into the peak and the total only while the stream is live", async () => {
    const { db, seen, count, streamId } = await setHouse({ status: "scheduled", people: 5 });
    await touchPresence(db, [seen(0), seen(1), seen(2)]);
    expect(await count()).toEqual({ now: 3, peak: 0, total: 0 });
    await sql`update streams set status = 'live', live_at = clock_timestamp() where id = ${streamId}::uuid`.execute(
      db,
    );
    // Who is there as it begins is in the peak at once, and altogether they are never fewer.
    await touchPresence(db, [seen(0, { agoMs: 5_000 })]);
    expect(await count()).toEqual({ now: 3, peak: 3, total: 3 });
    await leavePresence(db, [seen(1), seen(2)]);
    await touchPresence(db, [seen(0)]);
    expect(await count()).toEqual({ now: 1, peak: 3, total: 3 });
    // The one who left as it began, and did not come back, is not among all who were seen in it.
    await touchPresence(db, [seen(2), seen(3), seen(4)]);
    await leavePresence(db, [seen(0), seen(2), seen(3)]);
    expect(await count()).toEqual({ now: 1, peak: 3, total: 4 });
  });

  it("are counted once, however many processes ask in the same second", async () => {
    const { db, seen, streamId } = await setHouse();
    await touchPresence(db, [seen(0)]);
    expect(await findAudience(db, streamId)).toMatchObject({ now: 1 });
    await touchPresence(db, [seen(1)]);
    const again = await Promise.all(Array.from({ length: 5 }, () => findAudience(db, streamId)));
    expect(again).toEqual(Array.from({ length: 5 }, () => ({ now: 1, peak: 1, total: 1 })));
  });

  it("written by two processes at once are written by both", async () => {
    const { db, seen, count } = await setHouse({ people: 20 });
    const forwards = Array.from({ length: 20 }, (_, index) => seen(index));
    const writes = Array.from({ length: 10 }, (_, turn) =>
      touchPresence(db, turn % 2 ? forwards : forwards.toReversed()),
    );
    await Promise.all(writes);
    expect(await count()).toMatchObject({ now: 20 });
  });
});

describe("open pages", () => {
  async function openHouse() {
    const house = await setHouse();
    const open = async (index: number, more: { tab?: string; autoPong?: boolean } = {}) => {
      const { cookie } = await signIn(house.db, house.viewers[index]?.id ?? "");
      return web.connect({ streamId: house.streamId, cookie, ...more });
    };
    return { ...house, open };
  }

  it("are told within seconds how many people are there, and of each who comes and leaves", async () => {
    const { open } = await openHouse();
    const first = await open(0);
    expect(await first.viewers(1, 4_000)).toEqual({ type: "viewers", now: 1, peak: 1, total: 1 });
    const second = await open(1);
    await open(1, { tab: "tab-another" });
    await first.viewers(2, 4_000);
    const third = await open(2);
    await first.viewers(3, 4_000);
    third.socket.terminate();
    expect(await first.viewers(2, 6_000)).toMatchObject({ peak: 3, total: 3 });
    expect(second.isOpen()).toBe(true);
  });

  it("that load again are not counted out and in", async () => {
    const { open, db, viewers, streamId } = await openHouse();
    const first = await open(0);
    const { cookie } = await signIn(db, viewers[1]?.id ?? "");
    const before = web.connect({ streamId, cookie, tab: "tab-reloaded" });
    await first.viewers(2, 4_000);
    before.socket.close();
    const after = web.connect({ streamId, cookie, tab: "tab-reloaded" });
    await after.viewers(2, 6_000);
    const counts = first.messages.filter((message) => message.type === "viewers").map(({ now }) => now);
    expect(counts.slice(counts.indexOf(2))).toEqual([2]);
  });

  it("whose browser stopped answering are closed, and not counted 15 seconds later", async () => {
    const { open } = await openHouse();
    const first = await open(0);
    await open(1, { autoPong: false });
    await first.viewers(2, 4_000);
    const begun = performance.now();
    await first.viewers(1, 15_000);
    expect(performance.now() - begun).toBeLessThan(15_000);
  }, 25_000);

  it("of people without access count for nobody and are told of nobody", async () => {
    const { open, db, people, streamId } = await openHouse();
    const first = await open(0);
    await first.viewers(1, 4_000);
    const { cookie } = await signIn(db, people.stranger.id);
    const stranger = web.connect({ streamId, cookie });
    await stranger.state();
    await open(1);
    await first.viewers(2, 5_000);
    expect(stranger.messages.filter((message) => message.type === "viewers")).toEqual([]);
  });

  it("do not count the team", async () => {
    const { open, db, people, streamId } = await openHouse();
    const first = await open(0);
    const { cookie } = await signIn(db, people.host.id);
    const host = web.connect({ streamId, cookie, page: "studio" });
    const watching = web.connect({ streamId, cookie, tab: "tab-watching" });
    await Promise.all([host.viewers(1, 5_000), watching.viewers(1, 5_000)]);
    await open(1);
    await host.viewers(2, 5_000);
    expect(first.isOpen()).toBe(true);
  });
});
