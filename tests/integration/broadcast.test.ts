import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endStream, goLive, resumeHosting, startRehearsal } from "#app/domain/streams/broadcast.ts";
import { endAbandonedStreams, markAbsentHosts } from "#app/domain/streams/host-absence.ts";
import { mintHostToken } from "#app/domain/streams/host-participants.ts";
import { lockLease, touchHostLeases } from "#app/domain/streams/lease.ts";
import { cancelStream } from "#app/domain/streams/schedule.ts";
import { stopRehearsal } from "#app/domain/streams/rehearsal.ts";
import { createLiveKit } from "#app/services/livekit.ts";
import { ago, insertMember, insertPeople, insertUser, signIn, unique } from "#tests/factories.ts";
import { openTestServices } from "./setup.ts";

type Test = Awaited<ReturnType<typeof openTestServices>>;
let test: Test;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

const graceSeconds = 300;

async function setStage(status: "scheduled" | "rehearsal" | "live" | "ended" | "cancelled" = "scheduled") {
  const { db, services } = test;
  const { stream, people, space } = await insertPeople(db, { status });
  const another = await insertUser(db, { name: "Ines" });
  await insertMember(db, { spaceId: space.id, userId: another.id, role: "host" });
  const claimOf = async (user: { id: string }) => ({
    streamId: stream.id,
    userId: user.id,
    sessionId: (await signIn(db, user.id)).sessionId,
    tab: unique("tab"),
  });
  const [host, second, moderator, viewer, stranger] = await Promise.all(
    [people.host, another, people.moderator, people.viewer, people.otherOwner].map(claimOf),
  );
  if (!host || !second || !moderator || !viewer || !stranger) throw new Error("people are missing");
  const press = (claim: typeof host, more: { liveKey?: string; record?: boolean } = {}) =>
    goLive(db, services, { ...claim, liveKey: randomUUID(), record: true, graceSeconds, ...more });
  const row = () =>
    db.selectFrom("streams").selectAll().where("id", "=", stream.id).executeTakeFirstOrThrow();
  const count = async (table: "streaming_recordings" | "stream_host_leases" | "stream_participants") =>
    Number(
      (
        await db
          .selectFrom(table)
          .select(({ fn }) => fn.countAll().as("many"))
          .where("stream_id", "=", stream.id)
          .executeTakeFirstOrThrow()
      ).many,
    );
  const jobs = async (name: string) =>
    (
      await sql`select 1 from pgboss.job where name = ${name} and data ->> 'streamId' = ${stream.id}`.execute(
        db,
      )
    ).rows.length;
  return {
    db,
    services,
    streamId: stream.id,
    host,
    second,
    moderator,
    viewer,
    stranger,
    press,
    row,
    count,
    jobs,
  };
}

/** As if this much time had passed since the host was heard of. */
async function silence(streamId: string, interval: string) {
  await test.db
    .updateTable("stream_host_leases")
    .set({ seen_at: ago(interval) })
    .where("stream_id", "=", streamId)
    .execute();
  await test.db
    .updateTable("streams")
    .set({ live_at: ago(interval) })
    .where("id", "=", streamId)
    .where("live_at", "is not", null)
    .execute();
  await touchHostLeases(test.db, []);
  await test.db
    .updateTable("stream_host_watch")
    .set({ since: ago("1 hour") })
    .execute();
}

const unreachable = () =>
  createLiveKit({
    ...test.services.config.livekit,
    url: "http://127.0.0.1:9",
    apiKey: "key",
    apiSecret: "secret-of-nobody",
  });

describe("going live", () => {
  it("opens the room, takes the lease, moves once and begins one recording", async () => {
    const { press, host, row, count, services, streamId } = await setStage();
    expect(await press(host)).toEqual({ ok: true, already: false });
    expect(await row()).toMatchObject({ status: "live", host_absent_since: null });
    expect(await services.livekit.listPeople(streamId)).toEqual([]);
    expect(await count("streaming_recordings")).toBe(1);
    expect(await count("stream_host_leases")).toBe(1);
  });

  it("pressed twice at once with one key by one tab makes one session (F5)", async () => {
    const { press, host, row, count } = await setStage();
    const liveKey = randomUUID();
    const answers = await Promise.all([
      press(host, { liveKey }),
      press(host, { liveKey }),
      press(host, { liveKey }),
    ]);
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(answers.filter((answer) => answer.ok && !answer.already)).toHaveLength(1);
    expect(await count("streaming_recordings")).toBe(1);
    const { live_at, live_key } = await row();
    expect(live_key).toBe(liveKey);
    expect(await press(host, { liveKey })).toEqual({ ok: true, already: true });
    expect((await row()).live_at).toEqual(live_at);
  });

  it("pressed by two hosts at once is won by one; the other is told who it is (F4)", async () => {
    const { press, host, second, row, count } = await setStage();
    const answers = await Promise.all([press(host), press(second)]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(answers.find(({ ok }) => !ok)).toMatchObject({
      reason: "elsewhere",
      holder: { name: expect.any(String) },
    });
    expect((await row()).status).toBe("live");
    expect(await count("streaming_recordings")).toBe(1);
    expect(await count("stream_host_leases")).toBe(1);
  });

  it("without LiveKit changes nothing, says so, and works when pressed again (ASVS 16.5.2)", async () => {
    const { db, services, host, row, count, press } = await setStage();
    const outside = { queue: services.queue, livekit: unreachable() };
    const claim = { ...host, liveKey: randomUUID(), record: true, graceSeconds };
    expect(await goLive(db, outside, claim)).toEqual({ ok: false, reason: "unreachable" });
    expect(await row()).toMatchObject({ status: "scheduled", live_at: null, live_key: null });
    expect(await count("stream_host_leases")).toBe(0);
    expect(await count("streaming_recordings")).toBe(0);
    expect(await press(host)).toEqual({ ok: true, already: false });
  });

  it("without a recording makes none", async () => {
    const { press, host, count, row } = await setStage();
    expect(await press(host, { record: false })).toEqual({ ok: true, already: false });
    expect((await row()).status).toBe("live");
    expect(await count("streaming_recordings")).toBe(0);
  });

  it("is refused to a moderator, a viewer and the owner of another space, and nothing changes", async () => {
    const { press, moderator, viewer, stranger, row, count } = await setStage();
    expect(await press(moderator)).toEqual({ ok: false, reason: "not_host" });
    expect(await press(viewer)).toEqual({ ok: false, reason: "not_found" });
    expect(await press(stranger)).toEqual({ ok: false, reason: "not_found" });
    expect((await row()).status).toBe("scheduled");
    expect(await count("stream_host_leases")).toBe(0);
  });

  it.each(["ended", "cancelled"] as const)("is refused once the stream is %s", async (status) => {
    const { press, host, row } = await setStage(status);
    expect(await press(host)).toEqual({ ok: false, reason: "over" });
    expect((await row()).status).toBe(status);
  });

  it("says that the stream is over when it is cancelled while the room is opened", async () => {
    const { db, services, host, row, streamId } = await setStage();
    const livekit = {
      ...services.livekit,
      async openRoom(...room: Parameters<typeof services.livekit.openRoom>) {
        await services.livekit.openRoom(...room);
        await cancelStream(db, services.queue, { streamId, userId: host.userId });
      },
    };
    const press = { ...host, liveKey: randomUUID(), record: true, graceSeconds };
    expect(await goLive(db, { ...services, livekit }, press)).toEqual({ ok: false, reason: "over" });
    expect((await row()).status).toBe("cancelled");
  });
});

describe("the lease", () => {
  it("stays with the tab that has it until another takes over explicitly (F3)", async () => {
    const { db, services, press, host, second, row } = await setStage();
    await press(host);
    expect(await resumeHosting(db, services, second, { takeOver: false })).toMatchObject({
      ok: false,
      reason: "elsewhere",
    });
    const token = await mintHostToken(services, host);
    expect(token).toMatchObject({ ok: true, identity: expect.stringMatching(/^h_[\w-]{16}$/) });
    expect(await resumeHosting(db, services, second, { takeOver: true })).toEqual({
      ok: true,
      already: false,
    });
    expect(await mintHostToken(services, host)).toMatchObject({
      reason: "elsewhere",
    });
    expect(await mintHostToken(services, second)).toMatchObject({
      ok: true,
    });
    expect((await row()).status).toBe("live");
  });

  it("taken over by two at once belongs to one of them", async () => {
    const { db, services, press, host, second, count } = await setStage();
    await press(host);
    const third = { ...second, tab: unique("tab") };
    await Promise.all([second, third].map((claim) => resumeHosting(db, services, claim, { takeOver: true })));
    const tokens = await Promise.all([host, second, third].map((claim) => mintHostToken(services, claim)));
    expect(tokens.filter(({ ok }) => ok)).toHaveLength(1);
    expect(tokens[0]?.ok).toBe(false);
    expect(await count("stream_host_leases")).toBe(1);
  });

  it("can be taken without asking once its holder has been silent", async () => {
    const { db, services, press, host, second, streamId } = await setStage();
    await press(host);
    await silence(streamId, "11 seconds");
    expect(await resumeHosting(db, services, second, { takeOver: false })).toEqual({
      ok: true,
      already: false,
    });
  });

  it("gives the same identity to a tab that reloads, and none before the room is open", async () => {
    const { services, press, host, moderator, viewer, count } = await setStage();
    expect(await mintHostToken(services, host)).toEqual({
      ok: false,
      reason: "not_open",
    });
    await press(host);
    const [one, two] = await Promise.all([1, 2].map(() => mintHostToken(services, host)));
    expect(one?.ok && two?.ok && one.identity === two.identity).toBe(true);
    expect(await mintHostToken(services, moderator)).toMatchObject({
      reason: "not_host",
    });
    expect(await mintHostToken(services, viewer)).toMatchObject({
      reason: "not_found",
    });
    expect(await count("stream_participants")).toBe(1);
  });
});

describe("rehearsal", () => {
  it("starts, stops and starts again; stopped twice at once it closes one room", async () => {
    const { db, services, host, row, jobs, streamId } = await setStage();
    const press = { ...host, graceSeconds };
    expect(await startRehearsal(db, services, press)).toEqual({ ok: true, already: false });
    expect(await startRehearsal(db, services, press)).toEqual({ ok: true, already: true });
    expect((await row()).status).toBe("rehearsal");
    const stops = await Promise.all(
      [1, 2].map(() => stopRehearsal(db, services.queue, { streamId, userId: host.userId })),
    );
    expect(stops.filter((stop) => stop.ok && !stop.already)).toHaveLength(1);
    expect(await row()).toMatchObject({ status: "scheduled", rehearsal_at: null });
    expect(await jobs("stream.close-room")).toBe(1);
    expect(await startRehearsal(db, services, press)).toEqual({ ok: true, already: false });
  });

  it("goes live with the host's own lease, and cannot be stopped after that", async () => {
    const { db, services, host, press, streamId, row } = await setStage();
    await startRehearsal(db, services, { ...host, graceSeconds });
    expect(await press(host)).toEqual({ ok: true, already: false });
    const stop = await stopRehearsal(db, services.queue, { streamId, userId: host.userId });
    expect(stop).toEqual({ ok: false, reason: "moved_on" });
    expect((await row()).status).toBe("live");
  });

  it("without a host for 15 minutes goes back to scheduled, with one earlier", async () => {
    const { db, services, host, streamId, row } = await setStage();
    await startRehearsal(db, services, { ...host, graceSeconds });
    await db
      .updateTable("streams")
      .set({ rehearsal_at: ago("16 minutes") })
      .where("id", "=", streamId)
      .execute();
    await endAbandonedStreams(db, services.queue, { graceSeconds });
    expect((await row()).status).toBe("rehearsal");
    await silence(streamId, "16 minutes");
    await endAbandonedStreams(db, services.queue, { graceSeconds });
    expect((await row()).status).toBe("scheduled");
  });
});

describe("a host who drops", () => {
  it("is missed after 5 s, once, and is welcome back (F1, F2)", async () => {
    const { db, services, press, host, streamId, row } = await setStage();
    await press(host);
    await silence(streamId, "4 seconds");
    expect(await markAbsentHosts(db, services.livekit)).not.toContain(streamId);
    await silence(streamId, "6 seconds");
    const marks = await Promise.all([1, 2].map(() => markAbsentHosts(db, services.livekit)));
    expect(marks.flat().filter((id) => id === streamId)).toHaveLength(1);
    expect((await row()).host_absent_since).not.toBeNull();
    await touchHostLeases(db, [{ ...host, tab: "another-tab" }]);
    expect((await row()).host_absent_since).not.toBeNull();
    await touchHostLeases(db, [host]);
    expect(await row()).toMatchObject({ status: "live", host_absent_since: null });
  });

  it("is not missed while no web process listens, as long as LiveKit cannot say so either", async () => {
    const { db, press, host, streamId, row } = await setStage();
    await press(host);
    await silence(streamId, "1 minute");
    await db
      .updateTable("stream_host_watch")
      .set({ seen_at: ago("1 minute") })
      .execute();
    await markAbsentHosts(db, unreachable());
    expect((await row()).host_absent_since).toBeNull();
    await touchHostLeases(db, []);
    await markAbsentHosts(db, test.services.livekit);
    expect((await row()).host_absent_since).toBeNull();
  });

  it("gets a moment after the web processes were away, unless it was heard of since", async () => {
    const { db, services, press, host, streamId, row } = await setStage();
    await press(host);
    await silence(streamId, "20 seconds");
    const back = (interval: string) =>
      db
        .updateTable("stream_host_watch")
        .set({ since: ago(interval) })
        .execute();
    await back("12 seconds");
    expect(await markAbsentHosts(db, services.livekit)).not.toContain(streamId);
    await back("16 seconds");
    expect(await markAbsentHosts(db, services.livekit)).toContain(streamId);
    await touchHostLeases(db, [host]);
    expect((await row()).host_absent_since).toBeNull();
    await silence(streamId, "6 seconds");
    await back("7 seconds");
    expect(await markAbsentHosts(db, services.livekit)).toContain(streamId);
  });

  it("is heard in the same statement that says somebody listens, so that a database that dies keeps both or neither", async () => {
    const { db, press, host, streamId, row } = await setStage();
    await press(host);
    await silence(streamId, "6 seconds");
    const watchSeenAt = async () =>
      (await db.selectFrom("stream_host_watch").select("seen_at").executeTakeFirstOrThrow()).seen_at;
    const before = await watchSeenAt();
    let touched: Promise<void> | undefined;
    await db.transaction().execute(async (trx) => {
      await lockLease(trx, { streamId });
      touched = touchHostLeases(db, [host]);
      const waiting = sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await expect.poll(async () => (await waiting.execute(db)).rows.length).toBe(1);
      expect(await watchSeenAt()).toEqual(before);
    });
    await touched;
    expect((await watchSeenAt()).getTime()).toBeGreaterThan(before.getTime());
    expect(await markAbsentHosts(db, test.services.livekit)).not.toContain(streamId);
    expect((await row()).host_absent_since).toBeNull();
  });

  it("for longer than the grace loses the stream: ended once, as host_lost", async () => {
    const { db, services, press, host, streamId, row, jobs } = await setStage();
    await press(host);
    await silence(streamId, "10 minutes");
    await markAbsentHosts(db, services.livekit);
    expect(await endAbandonedStreams(db, services.queue, { graceSeconds })).not.toContain(streamId);
    await db
      .updateTable("streams")
      .set({ host_absent_since: ago("301 seconds") })
      .where("id", "=", streamId)
      .execute();
    const ends = await Promise.all(
      [1, 2].map(() => endAbandonedStreams(db, services.queue, { graceSeconds })),
    );
    expect(ends.flat().filter((id) => id === streamId)).toHaveLength(1);
    expect(await row()).toMatchObject({ status: "ended", ended_reason: "host_lost", ended_by: null });
    expect(await jobs("stream.close-room")).toBe(1);
  });

  it("and another who presses End at the same moment make one end (F6)", async () => {
    const { db, services, press, host, second, streamId, row, jobs, count } = await setStage();
    await press(host);
    await db
      .updateTable("streams")
      .set({ host_absent_since: ago("301 seconds"), live_at: ago("1 hour") })
      .where("id", "=", streamId)
      .execute();
    await silence(streamId, "10 minutes");
    await Promise.all([
      endAbandonedStreams(db, services.queue, { graceSeconds }),
      endStream(db, services.queue, { streamId, userId: second.userId }),
      endStream(db, services.queue, { streamId, userId: host.userId }),
    ]);
    expect((await row()).status).toBe("ended");
    expect(await jobs("stream.close-room")).toBe(1);
    expect(await count("stream_host_leases")).toBe(0);
  });
});

describe("ending", () => {
  it("pressed twice and by two hosts at once is one end with one time (F6)", async () => {
    const { db, services, press, host, second, streamId, row, jobs } = await setStage();
    await press(host);
    const end = (userId: string) => endStream(db, services.queue, { streamId, userId });
    const answers = await Promise.all([end(host.userId), end(second.userId), end(host.userId)]);
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(answers.filter((answer) => answer.ok && !answer.already)).toHaveLength(1);
    const { ended_at, ended_reason } = await row();
    expect(ended_reason).toBe("host");
    expect(await end(second.userId)).toEqual({ ok: true, already: true });
    expect((await row()).ended_at).toEqual(ended_at);
    expect(await jobs("stream.close-room")).toBe(1);
    const { status } = await db
      .selectFrom("streaming_recordings")
      .select("status")
      .where("stream_id", "=", streamId)
      .executeTakeFirstOrThrow();
    expect(status).toBe("stopping");
  });

  it("by a moderator is noted as such; a viewer and a stranger cannot", async () => {
    const { db, services, press, host, moderator, viewer, stranger, streamId, row } = await setStage();
    await press(host);
    const end = (userId: string) => endStream(db, services.queue, { streamId, userId });
    expect(await end(viewer.userId)).toEqual({ ok: false, reason: "not_found" });
    expect(await end(stranger.userId)).toEqual({ ok: false, reason: "not_found" });
    expect((await row()).status).toBe("live");
    expect(await end(moderator.userId)).toEqual({ ok: true, already: false });
    expect(await row()).toMatchObject({
      status: "ended",
      ended_reason: "moderator",
      ended_by: moderator.userId,
    });
  });

  it("before it is live is refused", async () => {
    const { db, services, host, streamId, row } = await setStage();
    expect(await endStream(db, services.queue, { streamId, userId: host.userId })).toEqual({
      ok: false,
      reason: "not_live",
    });
    expect((await row()).status).toBe("scheduled");
  });
});
