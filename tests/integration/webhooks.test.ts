import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLiveKit } from "#app/services/livekit.ts";
import { processWebhookEvent, requeueWebhookEvents, withoutSecrets } from "#app/domain/webhooks/events.ts";
import { egressEvent, type SigningPair, signWebhook } from "#tests/livekit-webhook.ts";
import { insertPeople, signIn, unique } from "#tests/factories.ts";
import { startMachinesWeb } from "./machines-web.ts";
import { attemptRows, insertLiveRecording, recordingRow } from "./recording-fixtures.ts";
import { openTestServices } from "./setup.ts";

const hook: SigningPair = { key: "hook-key", secret: "a-secret-of-the-webhook-pair-of-now" };
const formerHook: SigningPair = { key: "hook-key-2", secret: "a-secret-of-the-webhook-pair-before" };
const api: SigningPair = { key: "api-key", secret: "a-secret-of-the-api-pair-of-tests" };

let test: Awaited<ReturnType<typeof openTestServices>>;
let web: Awaited<ReturnType<typeof startMachinesWeb>>;
beforeAll(async () => {
  test = await openTestServices({
    env: {
      LIVEKIT_URL: "http://127.0.0.1:9",
      LIVEKIT_API_KEY: api.key,
      LIVEKIT_API_SECRET: api.secret,
      LIVEKIT_WEBHOOK_KEY: `${hook.key},${formerHook.key}`,
      LIVEKIT_WEBHOOK_SECRET: `${hook.secret},${formerHook.secret}`,
    },
  });
  web = await startMachinesWeb(test.services);
});
afterAll(async () => {
  await web.close();
  await test.close();
});

const deliver = (body: string, authorization?: string) =>
  fetch(`${web.url}/webhooks/livekit`, {
    method: "POST",
    body,
    headers: { "content-type": "application/webhook+json", ...(authorization && { authorization }) },
  });

async function send(event: object, pair = hook) {
  const body = JSON.stringify(event);
  return deliver(body, await signWebhook(body, pair));
}

const stored = (id: string) =>
  test.db.selectFrom("webhook_events").selectAll().where("event_id", "=", id).execute();

async function requestedAttempt() {
  const live = await insertLiveRecording(test.services);
  const prefix = `recordings/${live.streamId}/1/`;
  await test.db
    .insertInto("streaming_recording_attempts")
    .values({ recording_id: live.recordingId, number: 1, prefix, requested_at: new Date() })
    .execute();
  return { ...live, egress: { egressId: unique("EG"), roomName: live.streamId, prefix } };
}

describe("what LiveKit sends", () => {
  it("is stored once and worked on once, however often it is delivered", async () => {
    const { db, services } = test;
    const { egress, recordingId } = await requestedAttempt();
    const event = egressEvent({ ...egress, status: "EGRESS_ACTIVE" });
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(event)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await stored(event.id)).toHaveLength(1);
    const jobs = await services.queue.findJobs("webhook.process", { data: { eventId: event.id } });
    expect(jobs).toHaveLength(1);
    await Promise.all(
      [1, 2, 3].map(() => processWebhookEvent(services, { provider: "livekit", eventId: event.id })),
    );
    expect((await attemptRows(db, recordingId))[0]).toMatchObject({
      status: "active",
      egress_id: egress.egressId,
    });
    expect((await recordingRow(db, recordingId)).status).toBe("recording");
    const [row] = await stored(event.id);
    expect(row!.processed_at).not.toBeNull();
  });

  it("comes to the same in every order", async () => {
    const { db, services } = test;
    const course = [
      { event: "egress_started" },
      { status: "EGRESS_ACTIVE" },
      { status: "EGRESS_ENDING" },
      { status: "EGRESS_COMPLETE", event: "egress_ended" },
    ] as const;
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
    ]) {
      const { egress, recordingId } = await requestedAttempt();
      for (const index of order) {
        const event = egressEvent({ ...egress, ...course[index]! });
        await send(event);
        await processWebhookEvent(services, { provider: "livekit", eventId: event.id });
      }
      expect((await attemptRows(db, recordingId))[0]!.status).toBe("complete");
    }
  });

  it.each([
    ["a viewer", "viewer", "viewer", false],
    ["the host", "host", "host", false],
    ["a moderator with a host's identity", "moderator", "host", true],
    ["a stranger", "stranger", "viewer", true],
    ["somebody whose grant has ended", "ended", "viewer", true],
    ["somebody who is banned", "banned", "viewer", true],
  ] as const)("that %s has joined has the room looked at only if they may not be there", async (...row) => {
    const [, who, role, isLookedAt] = row;
    const { db, services } = test;
    const { stream, people } = await insertPeople(db, { status: "live" });
    const { sessionId } = await signIn(db, people[who].id);
    const identity = unique("identity");
    await db
      .insertInto("stream_participants")
      .values({
        ...{ identity, stream_id: stream.id, user_id: people[who].id },
        ...{ session_id: sessionId, tab: "tab-of-a-test", role },
      })
      .execute();
    const event = {
      event: "participant_joined",
      id: unique("EV"),
      room: { name: stream.id },
      participant: { identity },
    };
    expect((await send(event)).status).toBe(200);
    await processWebhookEvent(services, { provider: "livekit", eventId: event.id });
    const sweeps = await services.queue.findJobs("room.sweep", { data: { streamId: stream.id } });
    expect(sweeps).toHaveLength(isLookedAt ? 1 : 0);
  });

  it("late, about an attempt that is over, changes nothing", async () => {
    const { db, services } = test;
    const { egress, recordingId } = await requestedAttempt();
    for (const status of ["EGRESS_FAILED", "EGRESS_ACTIVE"] as const) {
      const event = egressEvent({ ...egress, status });
      await send(event);
      await db
        .updateTable("webhook_events")
        .set({ received_at: new Date(Date.now() - 864e5) })
        .where("event_id", "=", event.id)
        .execute();
      await processWebhookEvent(services, { provider: "livekit", eventId: event.id });
    }
    expect((await attemptRows(db, recordingId))[0]!.status).toBe("failed");
  });

  it("of a kind that we do not know is stored and left alone", async () => {
    const event = { event: "comet_sighted", id: unique("EV"), comet: { tail: "long" } };
    expect((await send(event)).status).toBe(200);
    await processWebhookEvent(test.services, { provider: "livekit", eventId: event.id });
    expect(await stored(event.id)).toMatchObject([
      { kind: "comet_sighted", body: { comet: { tail: "long" } } },
    ]);
  });

  it("wakes a recording that waits for the host's first track", async () => {
    const { services } = test;
    const live = await insertLiveRecording(services);
    const event = {
      event: "track_published",
      id: unique("EV"),
      room: { name: live.streamId },
      track: { sid: "TR_1" },
    };
    await send(event);
    await processWebhookEvent(services, { provider: "livekit", eventId: event.id });
    const jobs = await services.queue.findJobs("recording.start", {
      data: { recordingId: live.recordingId },
    });
    expect(jobs).toHaveLength(2);
    // A room of nobody's name does no harm.
    const foreign = { ...event, id: unique("EV"), room: { name: "no'; drop table" } };
    await send(foreign);
    await processWebhookEvent(services, { provider: "livekit", eventId: foreign.id });
    expect((await stored(foreign.id))[0]!.processed_at).not.toBeNull();
  });

  it("is stored without its secrets (ASVS 16.2.5)", async () => {
    const event = {
      event: "room_started",
      id: unique("EV"),
      room: { name: "r", turnPassword: "hush", creationTime: "1" },
      egressInfo: {
        roomComposite: { segmentOutputs: [{ s3: { accessKey: "k", secret: "s", bucket: "b" } }] },
      },
    };
    await send(event);
    expect((await stored(event.id))[0]!.body).toEqual({
      event: "room_started",
      id: event.id,
      room: { name: "r", creationTime: "1" },
      egressInfo: { roomComposite: { segmentOutputs: [{ s3: { bucket: "b" } }] } },
    });
    expect(withoutSecrets([{ token: 1, a: null }])).toEqual([{ a: null }]);
  });

  it("signed with the pair that is being rotated out is taken", async () => {
    expect((await send({ event: "room_finished", id: unique("EV") }, formerHook)).status).toBe(200);
  });

  it("gets another job when its own is gone", async () => {
    const { db, services } = test;
    const event = { event: "room_finished", id: unique("EV") };
    await send(event);
    await services.queue.deleteAllJobs("webhook.process");
    await db
      .updateTable("webhook_events")
      .set({ received_at: new Date(Date.now() - 120_000) })
      .where("event_id", "=", event.id)
      .execute();
    expect(await requeueWebhookEvents(db, services.queue)).toBeGreaterThan(0);
    expect(await services.queue.findJobs("webhook.process", { data: { eventId: event.id } })).toHaveLength(1);
  });
});

describe("what is forged", () => {
  const event = () => ({ event: "egress_ended", id: unique("EV") });
  const refused = async (body: string, authorization?: string) => {
    const before = await test.db.selectFrom("webhook_events").select("event_id").execute();
    const answer = await deliver(body, authorization);
    expect(answer.status).toBe(401);
    expect(await test.db.selectFrom("webhook_events").select("event_id").execute()).toEqual(before);
  };

  it("is refused: unsigned, or signed with another secret or with an API pair", async () => {
    const body = JSON.stringify(event());
    await refused(body);
    await refused(body, "nonsense");
    await refused(body, await signWebhook(body, { ...hook, secret: "another-secret-of-some-length" }));
    await refused(body, await signWebhook(body, api));
    await refused(body, await signWebhook(body, { key: hook.key, secret: formerHook.secret }));
  });

  it("is refused: no algorithm (ASVS 9.1.2)", async () => {
    const body = JSON.stringify(event());
    const token = await signWebhook(body, hook);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    await refused(body, `${part({ alg: "none" })}.${token.split(".")[1]}.`);
    await refused(body, `${part({ alg: "none" })}.${token.split(".")[1]}.${token.split(".")[2]}`);
  });

  it("is refused: a viewer's own token, whichever pair LiveKit refreshed it with (ASVS 9.2.2 to 9.2.4)", async () => {
    const body = JSON.stringify(event());
    for (const pair of [api, hook]) {
      const config = { ...test.services.config.livekit, apiKey: pair.key, apiSecret: pair.secret };
      const token = await createLiveKit(config).mintToken({ streamId: "s", identity: "i", role: "viewer" });
      await refused(body, token);
    }
  });

  it("is refused: a right signature of another body", async () => {
    const body = JSON.stringify(event());
    await refused(`${body} `, await signWebhook(body, hook));
    const hex = createHash("sha256").update(body).digest("hex");
    await refused(body, await signWebhook(body, hook, { claims: { sha256: hex } }));
    await refused(body, await signWebhook(body, hook, { claims: { sha256: undefined } }));
    await refused(body, await signWebhook(body, hook, { claims: { sha256: "" } }));
  });

  it("is refused: kept for six minutes, whatever its own end says, or from the future", async () => {
    const body = JSON.stringify(event());
    await refused(body, await signWebhook(body, hook, { ageSeconds: 360 }));
    const exp = Math.floor(Date.now() / 1000) + 3600;
    await refused(body, await signWebhook(body, hook, { ageSeconds: 360, claims: { exp } }));
    await refused(body, await signWebhook(body, hook, { ageSeconds: -120 }));
    await refused(body, await signWebhook(body, hook, { claims: { exp: undefined } }));
    await refused(body, await signWebhook(body, hook, { claims: { iat: undefined, nbf: undefined } }));
  });

  it("is refused: a body that is no event, or too large", async () => {
    for (const body of ["", "[]", "{}", '{"event":"x"}', "no json"])
      await refused(body, await signWebhook(body, hook));
    const large = JSON.stringify({ ...event(), filler: "x".repeat(70_000) });
    const answer = await deliver(large, await signWebhook(large, hook));
    expect(answer.status).toBe(413);
  });

  it("has no other address and no other method", async () => {
    expect((await fetch(`${web.url}/webhooks/livekit`)).status).toBe(404);
    expect((await fetch(`${web.url}/webhooks/other`, { method: "POST" })).status).toBe(404);
  });
});
