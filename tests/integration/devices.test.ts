import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { enforceDecisions } from "#app/domain/access/enforcement.ts";
import {
  findObstacle,
  findObstacles,
  keepPlaces,
  listDevices,
  takePlace,
  touchPlaces,
} from "#app/domain/devices/places.ts";
import { watchHere } from "#app/domain/devices/watch-here.ts";
import { claimViewerIdentity } from "#app/domain/participants/participants.ts";
import { removalSettlesMs, sweepRoom } from "#app/domain/participants/removal.ts";
import { mintTicket, mintViewerTicket } from "#app/domain/participants/tickets.ts";
import { endSession } from "#app/domain/people/sessions.ts";
import { createQuestions } from "#app/server/questions.ts";
import { insertGrant, insertPeople, insertStream, signIn } from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { startGate } from "./gate-client.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
let gate: Awaited<ReturnType<typeof startGate>>;
beforeAll(async () => {
  test = await openTestServices();
  gate = await startGate(test.services);
});
afterAll(async () => {
  await gate.close();
  await test.close();
});

type Who = "viewer" | "moderator" | "host" | "owner";

/** A live stream whose viewer has a grant, and browsers of people; `most` devices watch at once. */
async function setStage({ most = 2 } = {}) {
  const { db, services } = test;
  const stage = await insertPeople(db, { status: "live" });
  const streamId = stage.stream.id;
  const grantId = stage.grant.id;
  const userId = stage.people.viewer.id;
  const setMost = (devices: number) =>
    db.updateTable("access_passes").set({ most_devices: devices }).where("id", "=", stage.pass.id).execute();
  await setMost(most);
  const mint = { ...services.livekit, sessionSecrets: services.config.sessionSecrets, roomCeiling: null };
  const deviceOf = async (who: Who = "viewer") => {
    const { sessionId, cookie } = await signIn(db, stage.people[who].id);
    return { sessionId, cookie, grantId, streamId, userId: stage.people[who].id };
  };
  type Device = Awaited<ReturnType<typeof deviceOf>>;
  return {
    ...stage,
    streamId,
    grantId,
    userId,
    setMost,
    deviceOf,
    ticket: (device: Device, tab = "tab-of-a-test") =>
      mintViewerTicket(db, mint, { streamId, userId: device.userId, sessionId: device.sessionId, tab }),
    /** What a device holds that once had its place: an identity, and a ticket for the gate. */
    async keptTicket({ userId, sessionId, cookie }: Device, tab = "tab-of-a-test") {
      const identity = await claimViewerIdentity(db, { streamId, userId, sessionId, tab });
      return { ...(await mintTicket(mint, { streamId, identity, role: "viewer" })), cookie };
    },
    here: async () => (await listDevices(db, grantId)).map(({ sessionId }) => sessionId),
    /** As if a device had not been seen for so long. */
    silent: ({ sessionId }: Device, seconds: number) =>
      db
        .updateTable("access_grant_devices")
        .set({ seen_at: sql<Date>`clock_timestamp() - make_interval(secs => ${seconds})` })
        .where("session_id", "=", sessionId)
        .execute(),
    inRoom: async () =>
      ((await services.livekit.listPeople(streamId)) ?? []).map(({ identity }) => identity).sort(),
  };
}

const end = (
  device: { userId: string; grantId: string; sessionId: string; streamId: string },
  ended?: string,
) => watchHere(test.db, test.services.queue, { ...device, ended });

describe("the devices that watch with one grant", () => {
  it("are as many at once as its pass says, and which they are is told to one more, who changes nothing", async () => {
    const { db } = test;
    const { deviceOf, here, stream } = await setStage();
    const [first, second, third] = [await deviceOf(), await deviceOf(), await deviceOf()];
    expect(await keepPlaces(db, [first, second])).toEqual([true, true]);
    const before = await everything(db);
    expect(await takePlace(db, third)).toBe(false);
    expect(await findObstacle(db, third)).toMatchObject({
      reason: "full",
      most: 2,
      devices: [first, second].map(({ sessionId }) => ({
        sessionId,
        userAgent: "tests",
        streamTitle: stream.title,
      })),
    });
    const alone = await findObstacle(db, third);
    expect(await findObstacles(db, [first, third, second])).toEqual([undefined, alone, undefined]);
    expect(await everything(db)).toBe(before);
    expect(await here()).toEqual([first.sessionId, second.sessionId]);
    for (const device of [first, second]) {
      expect(await findObstacle(db, device)).toBeUndefined();
      expect(await takePlace(db, device)).toBe(true);
    }
  });

  it("get the last place once, whoever asks for it at the same instant", async () => {
    const { db } = test;
    const { deviceOf, here } = await setStage();
    const first = await deviceOf();
    await takePlace(db, first);
    const others = await Promise.all(Array.from({ length: 20 }, () => deviceOf()));
    const got = await Promise.all(others.map((device) => takePlace(db, device)));
    expect(got.filter(Boolean)).toHaveLength(1);
    expect(await here()).toEqual([first.sessionId, others[got.indexOf(true)]!.sessionId]);
  });

  it("that have a place are told so at once when they play, while another's has to be waited for", async () => {
    const { db } = test;
    const [one, other] = [await setStage(), await setStage()];
    const [holder, newcomer] = [await one.deviceOf(), await other.deviceOf()];
    const { place } = createQuestions(db);
    expect(await place(holder)).toBe(true);
    const answers: string[] = [];
    const note = (who: string, answer: Promise<boolean>) =>
      answer.then((has) => void answers.push(`${who}: ${has}`));
    let waiting: Promise<void> | undefined;
    await db.transaction().execute(async (trx) => {
      await sql`select from access_grants where id = ${newcomer.grantId}::uuid for update`.execute(trx);
      waiting = note("newcomer", place(newcomer));
      await note("holder", place(holder));
    });
    await waiting;
    expect(answers).toEqual(["holder: true", "newcomer: true"]);
  });

  it("get the last place once also in one question, and when all of them end the same one for it", async () => {
    const { db } = test;
    const { deviceOf, here, setMost } = await setStage();
    const devices = await Promise.all(Array.from({ length: 5 }, () => deviceOf()));
    expect((await keepPlaces(db, devices)).filter(Boolean)).toHaveLength(2);
    await setMost(1);
    const alone = await setStage({ most: 1 });
    const [holder, ...wanting] = await Promise.all(Array.from({ length: 9 }, () => alone.deviceOf()));
    await takePlace(db, holder!);
    const got = await Promise.all(wanting.map((device) => end(device, holder!.sessionId)));
    expect(got.filter(Boolean)).toHaveLength(1);
    expect(await alone.here()).toEqual([wanting[got.indexOf(true)]!.sessionId]);
    expect(await here()).toHaveLength(2);
  });

  it("are one with all tabs of a session, whatever they watch, and one grant says nothing about another", async () => {
    const { db } = test;
    const { deviceOf, here, ticket, pass, people, experience } = await setStage({ most: 1 });
    const device = await deviceOf();
    expect(await ticket(device)).toMatchObject({ ok: true });
    expect(await ticket(device, "another-tab-of-it")).toMatchObject({ ok: true });
    const createdBy = people.owner.id;
    const next = await insertStream(db, {
      experienceId: experience.id,
      createdBy,
      status: "live",
      title: "Next",
    });
    expect(await takePlace(db, { ...device, streamId: next.id })).toBe(true);
    expect(await here()).toEqual([device.sessionId]);
    expect((await listDevices(db, device.grantId))[0]?.streamTitle).toBe("Next");
    const someone = await insertGrant(db, { passId: pass.id, userId: people.stranger.id });
    expect(await takePlace(db, { ...(await deviceOf()), grantId: someone.id })).toBe(true);
  });

  it("give their place up when they were not seen for 30 seconds, and keep it while they are", async () => {
    const { db } = test;
    const { deviceOf, here, silent } = await setStage({ most: 1 });
    const [first, second] = [await deviceOf(), await deviceOf()];
    await takePlace(db, first);
    await silent(first, 25);
    await touchPlaces(db, [first]);
    await silent(second, 0);
    expect(await takePlace(db, second)).toBe(false);
    await silent(first, 31);
    // Whoever fell silent is not back by being heard of.
    await touchPlaces(db, [first]);
    expect(await here()).toEqual([]);
    expect(await takePlace(db, second)).toBe(true);
    expect(await takePlace(db, first)).toBe(false);
    await endSession(db, test.services.queue, second);
    expect(await here()).toEqual([]);
    expect(await takePlace(db, first)).toBe(true);
  });

  it("do not come back by themselves once another one took their place, also where one is free, until they are asked to", async () => {
    const { db } = test;
    const { deviceOf, here } = await setStage({ most: 1 });
    const [first, second] = [await deviceOf(), await deviceOf()];
    await takePlace(db, first);
    expect(await end(second, first.sessionId)).toBe(true);
    await endSession(db, test.services.queue, second);
    expect(await takePlace(db, first)).toBe(false);
    expect(await findObstacle(db, first)).toMatchObject({ reason: "ended", devices: [] });
    expect(await end(first)).toBe(true);
    expect(await here()).toEqual([first.sessionId]);
    expect(await findObstacle(db, first)).toBeUndefined();
  });

  it("are ended by none but those of the same grant, and no device ends itself", async () => {
    const { db } = test;
    const [mine, theirs] = [await setStage({ most: 1 }), await setStage({ most: 1 })];
    const [own, next, foreign] = [await mine.deviceOf(), await mine.deviceOf(), await theirs.deviceOf()];
    await keepPlaces(db, [own, foreign]);
    const before = await everything(db);
    expect(await end(next, foreign.sessionId)).toBe(false);
    expect(await everything(db)).toBe(before);
    expect(await end(own, own.sessionId)).toBe(true);
    expect(await everything(db)).toBe(before);
  });

  it("go on when the pass lets fewer watch; one more then has to end as many as are too many", async () => {
    const { db } = test;
    const { deviceOf, here, setMost } = await setStage({ most: 3 });
    const [first, second, third, next] = await Promise.all([deviceOf(), deviceOf(), deviceOf(), deviceOf()]);
    expect(await keepPlaces(db, [first, second, third])).toEqual([true, true, true]);
    await setMost(2);
    expect(await keepPlaces(db, [first, second, third])).toEqual([true, true, true]);
    expect(await end(next, first.sessionId)).toBe(false);
    expect((await here()).sort()).toEqual([second.sessionId, third.sessionId].sort());
    expect(await end(next, second.sessionId)).toBe(true);
  });
});

describe("a ticket to the live room", () => {
  it("is refused to one device more than may watch, and nothing is noted or sent", async () => {
    const { deviceOf, ticket } = await setStage();
    for (let device = 0; device < 2; device += 1)
      expect(await ticket(await deviceOf())).toMatchObject({ ok: true });
    const late = await deviceOf();
    const before = await everything(test.db);
    expect(await ticket(late)).toEqual({ ok: false, reason: "devices" });
    expect(await everything(test.db)).toBe(before);
  });

  it("is given to the team on as many devices as they like, also where they hold the pass", async () => {
    const { deviceOf, ticket, pass, people, here } = await setStage({ most: 1 });
    await insertGrant(test.db, { passId: pass.id, userId: people.moderator.id });
    for (const who of ["moderator", "host", "owner"] as const)
      for (let device = 0; device < 3; device += 1)
        expect(await ticket(await deviceOf(who))).toMatchObject({ ok: true });
    expect(await here()).toEqual([]);
  });
});

describe("the room of a live stream", () => {
  it("is left within a second by a device that was ended, whose kept ticket opens nothing; the others stay", async () => {
    const stage = await setStage();
    await test.services.livekit.openRoom(stage.streamId, { graceSeconds: 30 });
    const [first, second, third] = [await stage.deviceOf(), await stage.deviceOf(), await stage.deviceOf()];
    const [mine, alsoMine, other] = [
      await stage.keptTicket(first),
      await stage.keptTicket(first, "another-tab-of-it"),
      await stage.keptTicket(second),
    ];
    const signals = [mine, alsoMine, other].map((kept) => gate.connect(kept));
    for (const signal of signals) expect(await signal.status).toBe(101);
    await vi.waitFor(async () => expect(await stage.inRoom()).toHaveLength(3), 5_000);
    const late = await stage.keptTicket(third);
    expect(await gate.connect(late).status).toBe(403);
    expect(await gate.validate(late)).toEqual({ status: 403, text: "devices" });

    expect(await end(third, first.sessionId)).toBe(true);
    await Promise.all([signals[0]!.closed, signals[1]!.closed]);
    await vi.waitFor(async () => expect(await stage.inRoom()).toEqual([other.identity]), 5_000);
    // Who comes back while they are still being put out is cut without an answer.
    await sleep(500 + removalSettlesMs);
    for (const kept of [mine, alsoMine]) {
      expect(await gate.connect(kept).status).toBe(403);
      expect(await gate.validate(kept)).toEqual({ status: 403, text: "devices" });
    }
    expect(signals[2]!.isOpen()).toBe(true);
    const next = gate.connect(late);
    expect(await next.status).toBe(101);
    expect(await stage.inRoom()).not.toContain(mine.identity);
    next.socket.close();
    signals[2]!.socket.close();
    await test.services.livekit.closeRoom(stage.streamId);
  });

  it("keeps a device whose place was only forgotten, and takes it again", async () => {
    const stage = await setStage({ most: 1 });
    await test.services.livekit.openRoom(stage.streamId, { graceSeconds: 30 });
    const device = await stage.deviceOf();
    const signal = gate.connect(await stage.keptTicket(device));
    expect(await signal.status).toBe(101);
    await stage.silent(device, 40);
    expect(await stage.here()).toEqual([]);
    await sql`select pg_notify('frontrow_changes', ${JSON.stringify({ kind: "person", userId: device.userId })})`.execute(
      test.db,
    );
    await vi.waitFor(async () => expect(await stage.here()).toEqual([device.sessionId]), 5_000);
    expect(signal.isOpen()).toBe(true);
    signal.socket.close();
    await test.services.livekit.closeRoom(stage.streamId);
  });

  it("is cleared of an ended device by the job, which looks again, and by the sweep, where no gate is; who watches keeps a place", async () => {
    const { db, services } = test;
    const stage = await setStage({ most: 1 });
    const { streamId, userId } = stage;
    const [first, second] = [await stage.deviceOf(), await stage.deviceOf()];
    const removed: string[] = [];
    const [mine, theirs] = [await stage.keptTicket(first), await stage.keptTicket(second)];
    // What LiveKit would answer, were both there.
    const people = [mine, theirs].map(({ identity }) => ({ identity, recorder: false }));
    const livekit = {
      ...services.livekit,
      listPeople: () => Promise.resolve(people as never),
      removePerson: (_: string, identity: string) => Promise.resolve(void removed.push(identity)),
    };
    await takePlace(db, first);
    expect(await sweepRoom({ db, livekit }, { streamId, gated: false })).toBe(1);
    expect(removed).toEqual([theirs.identity]);

    removed.length = 0;
    expect(await end(second, first.sessionId)).toBe(true);
    await enforceDecisions({ ...services, livekit }, { userIds: [userId], looks: 0 });
    expect(removed).toEqual([mine.identity, mine.identity]);
    const { rows } = await sql<{ looks: number }>`
      select (data->>'looks')::int as looks from pgboss.job
      where name = 'access.enforce' and data->'userIds' ? ${userId} order by created_on
    `.execute(db);
    expect(rows.map(({ looks }) => looks)).toEqual([0, 1]);

    removed.length = 0;
    await stage.silent(second, 40);
    expect(await sweepRoom({ db, livekit }, { streamId, gated: false })).toBe(1);
    expect(removed).toEqual([mine.identity]);
    expect(await stage.here()).toEqual([second.sessionId]);

    // Who signs out gives up the place, and may not keep the picture instead.
    removed.length = 0;
    await endSession(db, test.services.queue, { userId, sessionId: second.sessionId });
    expect(await sweepRoom({ db, livekit }, { streamId, gated: false })).toBe(2);
    expect(removed).toContain(theirs.identity);
    expect(await stage.here()).toEqual([]);
  });
});
