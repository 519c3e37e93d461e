import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { claimViewerIdentity } from "#app/domain/participants/participants.ts";
import { mintTicket } from "#app/domain/participants/tickets.ts";
import { isDatabaseAway } from "#app/server/database-away.ts";
import { attachPageSocket } from "#app/server/page-socket.ts";
import { type Db, openDatabase } from "#db/client.ts";
import { ago, inFuture, insertPeople, signIn } from "#tests/factories.ts";
import { startLine } from "./database-line.ts";
import { startGate } from "./gate-client.ts";
import { openPage } from "./page-socket-client.ts";
import { openTestServices } from "./setup.ts";

/** Half a second for a last question, and what a busy machine adds; less than the ten seconds of a question. */
const soonMs = 5_000;

let test: Awaited<ReturnType<typeof openTestServices>>;
let line: Awaited<ReturnType<typeof startLine>>;
/** Behind the line; `test.db` is not. */
let db: Db;
beforeAll(async () => {
  test = await openTestServices();
});
beforeEach(async () => {
  line = await startLine(test.services.config.databaseUrl);
  db = openDatabase(line.url);
});
afterEach(async () => {
  // What still waits for an answer ends with the line.
  await line.close();
  await db.destroy();
});
afterAll(() => test.close());

/** A live stream whose viewer's grant ends in so many seconds, and a browser of each person who asks. */
async function setStage(seconds: number) {
  const { services } = test;
  const stage = await insertPeople(test.db, { status: "live" });
  const streamId = stage.stream.id;
  await services.livekit.openRoom(streamId, { graceSeconds: 30 });
  await sql`update access_passes set at_expiry = 'cut' where id = ${stage.pass.id}::uuid`.execute(test.db);
  const browserOf = async (who: "viewer" | "moderator") => {
    const userId = stage.people[who].id;
    const { sessionId, cookie } = await signIn(test.db, userId);
    const identity = await claimViewerIdentity(test.db, {
      streamId,
      userId,
      sessionId,
      tab: "tab-of-a-test",
    });
    const keys = { ...services.livekit, sessionSecrets: services.config.sessionSecrets };
    const { token } = await mintTicket(keys, { streamId, identity, role: "viewer" });
    return { streamId, cookie, token, identity };
  };
  const [viewer, moderator] = [await browserOf("viewer"), await browserOf("moderator")];
  const { endsAt } = await test.db
    .updateTable("access_grants")
    .set({ ends_at: inFuture(`${seconds} seconds`), starts_at: ago("1 hour") })
    .where("id", "=", stage.grant.id)
    .returning("ends_at as endsAt")
    .executeTakeFirstOrThrow();
  return { ...stage, streamId, viewer, moderator, endsAt: endsAt!.getTime() };
}

/** The database falls silent, and a question is under way before anything ends: that someone may have changed. */
async function fallSilentWithQuestion(userId: string) {
  line.fallSilent();
  await notifyChange(test.db, { kind: "person", userId });
}

describe("a connection that is silent", () => {
  it.each([
    ["a statement", (one: Db) => sql`select 1`.execute(one), { speaks: false }],
    [
      "a transaction",
      (one: Db) => one.transaction().execute((trx) => sql`select 1`.execute(trx)),
      { speaks: false },
    ],
    ["a statement that takes too long", (one: Db) => sql`select pg_sleep(3)`.execute(one), { speaks: true }],
  ])("is left after %s was not answered in time, and another one serves", async (_, ask, { speaks }) => {
    const impatient = openDatabase(line.url, { max: 1, patienceMs: 500 });
    await sql`select 1`.execute(impatient);
    if (!speaks) line.fallSilent();
    const begun = performance.now();
    const error = await ask(impatient).then(
      () => "answered",
      (reason: unknown) => reason,
    );
    expect(error).toSatisfy(isDatabaseAway);
    expect(performance.now() - begun).toBeLessThan(1_500);
    line.speak();
    expect((await sql`select 1 as one`.execute(impatient)).rows).toEqual([{ one: 1 }]);
    expect(performance.now() - begun).toBeLessThan(2_500);
    await impatient.destroy();
  });

  it("is given up when it is not made in time, and another one serves", async () => {
    line.fallSilent();
    const impatient = openDatabase(line.url, { max: 1, connectMs: 500 });
    const begun = performance.now();
    await expect(sql`select 1`.execute(impatient)).rejects.toSatisfy(isDatabaseAway);
    expect(performance.now() - begun).toBeLessThan(1_500);
    line.speak();
    expect((await sql`select 1 as one`.execute(impatient)).rows).toEqual([{ one: 1 }]);
    await impatient.destroy();
  });

  it("is left in the middle of a transaction, whose rollback is not waited for", async () => {
    const impatient = openDatabase(line.url, { max: 1, patienceMs: 500 });
    const begun = performance.now();
    const lost = impatient.transaction().execute(async (trx) => {
      await sql`select 1`.execute(trx);
      line.fallSilent();
      await sql`select 2`.execute(trx);
    });
    await expect(lost).rejects.toSatisfy(isDatabaseAway);
    expect(performance.now() - begun).toBeLessThan(1_500);
    line.speak();
    expect((await sql`select 1 as one`.execute(impatient)).rows).toEqual([{ one: 1 }]);
    await impatient.destroy();
  });
});

describe("while the database is silent", () => {
  it("a picture ends when its pass does, nobody new comes in, who is in stays, and after it all goes on", async () => {
    const stage = await setStage(8);
    const { viewer, moderator, people } = stage;
    const config = { ...test.services.config, databaseUrl: line.url };
    const gate = await startGate(test.services, { db, config });
    const [ending, staying] = [gate.connect(viewer), gate.connect(moderator)];
    expect([await ending.status, await staying.status]).toEqual([101, 101]);
    await fallSilentWithQuestion(people.viewer.id);
    const begun = performance.now();
    const asked = Promise.all(Array.from({ length: 6 }, () => gate.validate(moderator))).then((answers) => ({
      answers,
      ms: performance.now() - begun,
    }));
    await ending.closed;
    // LiveKit is asked to remove them first, and once more.
    expect(Date.now() - stage.endsAt).toBeGreaterThan(-100);
    expect(Date.now() - stage.endsAt).toBeLessThan(soonMs);
    const { answers, ms } = await asked;
    for (const answer of answers) expect(answer).toEqual({ status: 503, text: "unavailable" });
    expect(ms).toBeLessThan(9_000);
    expect(staying.isOpen()).toBe(true);
    line.speak();
    await expect.poll(() => gate.validate(moderator), { timeout: 20_000 }).toMatchObject({ status: 200 });
    await sql`update sessions set ended_at = now() where user_id = ${people.moderator.id}::uuid`.execute(
      test.db,
    );
    await staying.closed;
    await gate.close();
  });

  it("a page is told when its pass ends, and after it what has changed", async () => {
    const stage = await setStage(4);
    const { viewer, moderator, people, streamId } = stage;
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = { ...test.services.config, databaseUrl: line.url, publicUrl: url };
    const attached = attachPageSocket(server, { ...test.services, db, config });
    const [ending, staying] = [openPage(url, viewer), openPage(url, moderator)];
    await Promise.all([ending, staying].map((page) => page.state((state) => state.access === "yes")));
    await fallSilentWithQuestion(people.viewer.id);
    const { code } = await ending.closed(8_000);
    expect(Date.now() - stage.endsAt).toBeGreaterThan(-100);
    expect(Date.now() - stage.endsAt).toBeLessThan(soonMs);
    expect(code).toBe(4403);
    expect(ending.ended()).toEqual({ type: "access-ended", reason: "grant_expired" });
    expect(staying.isOpen()).toBe(true);
    await sql`update streams set status = 'ended', ended_at = now(), ended_reason = 'host' where id = ${streamId}::uuid`.execute(
      test.db,
    );
    line.speak();
    await staying.state((state) => state.status === "ended", 25_000);
    await attached.close();
    server.closeAllConnections();
    server.close();
  });
});
