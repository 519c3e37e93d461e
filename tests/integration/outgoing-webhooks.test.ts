import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expireGrants } from "#app/domain/grants/expiry.ts";
import { claimPass } from "#app/domain/grants/claims.ts";
import { giveGrant } from "#app/domain/grants/gifts.ts";
import { cancelGrant, changeGrantEnd } from "#app/domain/grants/grants.ts";
import { deliverTo, mostTries, requeueDeliveries } from "#app/domain/outgoing-webhooks/deliver.ts";
import { insertEndpoint, rotateSecret, switchOn } from "#app/domain/outgoing-webhooks/endpoints.ts";
import { type EventType, eventTypes } from "#app/domain/outgoing-webhooks/event-types.ts";
import { resendDelivery, sendTest } from "#app/domain/outgoing-webhooks/log.ts";
import { deleteOld } from "#app/domain/retention/retention.ts";
import { finalizeRecording } from "#app/domain/recordings/finalize.ts";
import { webhookMessages } from "#app/server/api/webhook-messages.ts";
import { endStream, goLive, moveToEnded } from "#app/domain/streams/broadcast.ts";
import { createOutgoingHttp } from "#app/services/outgoing-http.ts";
import type { StreamStatus } from "#db/types.ts";
import { ago, insertPeople, insertGrant, signIn, unique } from "#tests/factories.ts";
import { webhookOffMail } from "#worker/handlers/webhook-off-mail.ts";
import { everything } from "./everything.ts";
import { endStreamRow, segmentsOf, writeSegments } from "./recording-fixtures.ts";
import { openTestServices } from "./setup.ts";
import { startReceiver } from "./webhook-receiver.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices({ env: { WEBHOOKS_ALLOW_PRIVATE: "1" } });
});
afterAll(() => test.close());

type Answer = Parameters<typeof startReceiver>[0];

async function setStage({
  answer,
  events = [...eventTypes],
  status = "live",
}: { answer?: Answer; events?: EventType[]; status?: StreamStatus } = {}) {
  const house = await insertPeople(test.db, { status });
  const receiver = await startReceiver(answer);
  const added = await add(house, receiver.url, events);
  return { ...house, ...added, receiver, deliver: () => deliverTo(test.services, added) };
}

type House = Awaited<ReturnType<typeof insertPeople>>;

async function add({ space, people }: House, url: string, events: EventType[] = [...eventTypes]) {
  const of = { spaceId: space.id, actorId: people.owner.id, formKey: randomUUID() };
  const added = await insertEndpoint(test.db, { ...of, url, events });
  if (!added.ok) throw new Error(added.reason);
  return added;
}

/** What an endpoint was sent: each message is just what the OpenAPI file says of its type. */
const readAll = ({ received }: { received: { body: string }[] }) =>
  received.map(({ body }) => {
    const message = JSON.parse(body) as { type: EventType; data: { id: string } };
    expect(webhookMessages[message.type].parse(message)).toEqual(message);
    return message;
  });

const deliveriesOf = (endpointId: string) =>
  test.db
    .selectFrom("webhook_deliveries as d")
    .innerJoin("webhook_messages as m", "m.id", "d.message_id")
    .selectAll("d")
    .select("m.type")
    .where("d.endpoint_id", "=", endpointId)
    .orderBy("d.id")
    .execute();

const endpoint = (id: string) =>
  test.db.selectFrom("webhook_endpoints").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

const dueNow = (endpointId: string) =>
  sql`update webhook_deliveries set next_try_at = now() where endpoint_id = ${endpointId} and status = 'waiting'`.execute(
    test.db,
  );

const jobsFor = async (name: string, endpointId: string) =>
  (
    await sql`select from pgboss.job where name = ${name} and data ->> 'endpointId' = ${endpointId}`.execute(
      test.db,
    )
  ).rows.length;

describe("what a space is told of", () => {
  it("is every change of a grant, written with the change, in the words of the API", async () => {
    const { db, services } = test;
    const { endpointId, space, pass, people, receiver, deliver } = await setStage();
    const email = `${unique("ada")}@example.com`;
    const ids = { spaceId: space.id, passId: pass.id };
    const given = await giveGrant(db, services.queue, { ...ids, email, grantedBy: people.owner.id });
    if (!given.ok) throw new Error(given.reason);
    const act = { ...ids, grantId: given.grantId, actorId: people.owner.id, reason: "For the test" };
    const end = new Date(Date.now() + 86_400_000).toISOString();
    await changeGrantEnd(db, services.queue, { ...act, endsAt: end });
    await cancelGrant(db, services.queue, act);
    await claimPass(db, services.queue, { userId: people.stranger.id, passId: pass.id });
    expect(await jobsFor("webhook.deliver", endpointId)).toBeGreaterThan(0);
    await deliver();
    const told = readAll(receiver);
    const mine = told.filter(({ data }) => data.id === given.grantId);
    expect(mine.map(({ type }) => type).sort()).toEqual(["grant.changed", "grant.created", "grant.ended"]);
    expect(mine.find(({ type }) => type === "grant.created")).toEqual({
      type: "grant.created",
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: {
        id: given.grantId,
        pass_id: pass.id,
        email,
        status: "active",
        source: "given",
        starts_at: expect.any(String),
        ends_at: null,
        created_at: expect.any(String),
        status_changed_at: expect.any(String),
      },
    });
    expect(mine.find(({ type }) => type === "grant.ended")).toMatchObject({ data: { status: "cancelled" } });
    // The grant of the house that had run out ended when somebody looked.
    expect(told.some(({ type, data }) => type === "grant.created" && data.id !== given.grantId)).toBe(true);
    await receiver.close();
  });

  it("is that a grant ran out, once, also when two workers mark it at once", async () => {
    const { db, services } = test;
    const { endpointId, pass, people } = await setStage({ events: ["grant.ended"] });
    await expireGrants(db, services.queue);
    const before = (await deliveriesOf(endpointId)).length;
    const of = { passId: pass.id, userId: people.host.id };
    const { id } = await insertGrant(db, { ...of, startsAt: ago("2 days"), endsAt: ago("1 hour") });
    await Promise.all([expireGrants(db, services.queue), expireGrants(db, services.queue)]);
    expect(await deliveriesOf(endpointId)).toHaveLength(before + 1);
    const { rows } = await sql<{ many: number }>`
      select count(*)::int as many from webhook_messages where body ->> 'id' = ${id} and type = 'grant.ended'`.execute(
      db,
    );
    expect(rows[0]?.many).toBe(1);
  });

  it("is the end of many grants of two spaces, each once, in a few questions, while two workers mark them", async () => {
    const { db, services } = test;
    await expireGrants(db, services.queue);
    const houses = [
      await setStage({ events: ["grant.ended"] }),
      await setStage({ events: ["grant.ended", "grant.changed"] }),
    ];
    await Promise.all(houses.map((house) => add(house, house.receiver.url, ["grant.ended"])));
    const [one, other] = houses.map(({ pass }) => pass.id);
    // Those that end first are made for one space and then for the other, the next ones the other way round.
    const batch = 100;
    const courses = Array.from({ length: 8 }, (_, n) => (n % 2 ? [other!, one!] : [one!, other!]));
    for (const [n, passIds] of courses.entries()) {
      for (const passId of passIds)
        await sql`
          with person as (
            insert into users (email) select ${unique("end")} || n || '@example.com' from generate_series(1, ${batch / 2}::int) n
            returning id
          )
          insert into access_grants (access_pass_id, user_id, source, starts_at, ends_at)
          select ${passId}::uuid, id, 'given', now() - interval '2 days',
            now() - interval '1 hour' + make_interval(secs => ${n})
          from person
        `.execute(db);
    }
    let questions = 0;
    const counting = db.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: ({ result }) => ((questions += 1), Promise.resolve(result)),
    });
    let marks = 0;
    const worker = async () => {
      while ((await expireGrants(counting, services.queue, { most: batch })) > 0) marks += 1;
    };
    await Promise.all([worker(), worker()]);
    expect(questions / marks).toBeLessThan(30);
    for (const { pass, space } of houses) {
      const { rows } = await sql<{ grants: number; ended: number; told: number; deliveries: number }>`
        select count(*)::int as grants, count(*) filter (where g.status = 'expired')::int as ended,
          sum((select count(*) from webhook_messages m
            where m.body ->> 'id' = g.id::text and m.type = 'grant.ended' and m.space_id = ${space.id}::uuid
              and m.body ->> 'status' = 'expired' and m.body ->> 'pass_id' = ${pass.id}))::int as told,
          sum((select count(*) from webhook_messages m join webhook_deliveries d on d.message_id = m.id
            where m.body ->> 'id' = g.id::text))::int as deliveries
        from access_grants g join users u on u.id = g.user_id
        where g.access_pass_id = ${pass.id}::uuid and u.email like 'end-%'
      `.execute(db);
      const many = (courses.length * batch) / 2;
      expect(rows[0]).toEqual({ grants: many, ended: many, told: many, deliveries: 2 * many });
    }
    for (const { endpointId } of houses)
      expect(await jobsFor("webhook.deliver", endpointId)).toBeGreaterThan(0);
  });

  it("is that a stream ended, once, however many end it", async () => {
    const { db, services } = test;
    const { endpointId, stream, people, receiver, deliver } = await setStage();
    const end = (userId: string) => endStream(db, services.queue, { streamId: stream.id, userId });
    await Promise.all([end(people.host.id), end(people.owner.id), end(people.moderator.id)]);
    expect((await deliveriesOf(endpointId)).map(({ type }) => type)).toEqual(["stream.ended"]);
    await deliver();
    expect(JSON.parse(receiver.received[0]!.body)).toMatchObject({
      type: "stream.ended",
      data: { id: stream.id, status: "ended", ended_at: expect.stringMatching(/Z$/) },
    });
    await receiver.close();
  });

  it("is that a stream went live, and that its replay is ready, each once", async () => {
    const { db, services } = test;
    const { endpointId, stream, people, receiver, deliver } = await setStage({ status: "scheduled" });
    const streamId = stream.id;
    const { sessionId } = await signIn(db, people.host.id);
    const claim = { streamId, userId: people.host.id, sessionId, tab: unique("tab") };
    const press = { ...claim, liveKey: randomUUID(), record: true, graceSeconds: 30 };
    const hosting = await Promise.all([1, 2].map(() => goLive(db, services, press)));
    expect(hosting.map(({ ok }) => ok)).toEqual([true, true]);
    await deliver();
    await endStreamRow(db, streamId);
    const { id: recordingId } = await db
      .updateTable("streaming_recordings")
      .set({ status: "stopping", stopped_at: new Date() })
      .where("stream_id", "=", streamId)
      .returning("id")
      .executeTakeFirstOrThrow();
    const prefix = `recordings/${streamId}/1/`;
    await writeSegments(services.storage, prefix, await segmentsOf("x264"));
    const values = { recording_id: recordingId, number: 1, prefix, status: "complete" } as const;
    await db.insertInto("streaming_recording_attempts").values(values).execute();
    await Promise.all([1, 2].map(() => finalizeRecording(services, { recordingId })));
    await deliver();
    expect((await deliveriesOf(endpointId)).map(({ type }) => type)).toEqual([
      "stream.live",
      "recording.ready",
    ]);
    const [live, ready] = readAll(receiver);
    expect(live).toMatchObject({ type: "stream.live", data: { id: streamId, status: "live" } });
    expect(ready).toMatchObject({ type: "recording.ready", data: { id: recordingId, stream_id: streamId } });
    expect(ready?.data).toHaveProperty("duration_ms", expect.any(Number));
    await receiver.close();
  });

  it("is nothing when no endpoint wants it, is off, or is another space's, and nothing is written then", async () => {
    const { db, services } = test;
    const mine = await insertPeople(db, { status: "live" });
    const other = await setStage();
    const grants = await add(mine, other.receiver.url, ["grant.created"]);
    const off = await add(mine, other.receiver.url);
    await sql`update webhook_endpoints set off_at = now(), off_reason = 'dead' where id = ${off.endpointId}`.execute(
      db,
    );
    await endStream(db, services.queue, { streamId: mine.stream.id, userId: mine.people.host.id });
    const messages = db.selectFrom("webhook_messages").select("id").where("space_id", "=", mine.space.id);
    expect(await messages.execute()).toEqual([]);
    for (const { endpointId } of [grants, off, other]) expect(await deliveriesOf(endpointId)).toEqual([]);
    await other.receiver.close();
  });

  it("is gone with a change that is rolled back", async () => {
    const { db, services } = test;
    const { endpointId, stream, receiver } = await setStage();
    const rolledBack = db.transaction().execute(async (trx) => {
      await moveToEnded(trx, services.queue, { streamId: stream.id, reason: "host" });
      throw new Error("back");
    });
    await expect(rolledBack).rejects.toThrow("back");
    expect(await deliveriesOf(endpointId)).toEqual([]);
    expect(await jobsFor("webhook.deliver", endpointId)).toBe(0);
    await receiver.close();
  });
});

describe("sending", () => {
  const test1 = (of: { space: { id: string }; endpointId: string }) =>
    sendTest(test.db, test.services.queue, { spaceId: of.space.id, endpointId: of.endpointId });

  it("is signed as Standard Webhooks says, by both secrets while one is replaced", async () => {
    const stage = await setStage();
    const { endpointId, secret, space, receiver, deliver } = stage;
    await test1(stage);
    await deliver();
    const [first] = receiver.received;
    const headers = first!.headers as Record<string, string>;
    expect(new Webhook(secret).verify(first!.body, headers)).toMatchObject({ type: "webhook.test" });
    expect(() => new Webhook(secret).verify(first!.body.replace("test", "toast"), headers)).toThrow();
    const rotated = await rotateSecret(test.db, { spaceId: space.id, endpointId, seen: null });
    await test1(stage);
    await deliver();
    const second = receiver.received[1]!;
    for (const one of [secret, rotated!.secret])
      expect(new Webhook(one).verify(second.body, second.headers as Record<string, string>)).toBeTruthy();
    await sql`update webhook_endpoints set former_secret_until = now() where id = ${endpointId}`.execute(
      test.db,
    );
    await test1(stage);
    await deliver();
    const third = receiver.received[2]!;
    expect(() => new Webhook(secret).verify(third.body, third.headers as Record<string, string>)).toThrow();
    await receiver.close();
  });

  it("replaces a secret once for one press", async () => {
    const { endpointId, space } = await setStage();
    const rotate = () => rotateSecret(test.db, { spaceId: space.id, endpointId, seen: null });
    const both = await Promise.all([rotate(), rotate(), rotate()]);
    expect(both.filter((one) => one !== undefined)).toHaveLength(1);
    const { former_secret_until: seen } = await endpoint(endpointId);
    expect(await rotateSecret(test.db, { spaceId: space.id, endpointId, seen })).toBeTruthy();
  });

  it("happens once for each message, whatever number of jobs run at once, and a few at a time (ASVS 13.2.6)", async () => {
    const stage = await setStage();
    for (let index = 0; index < 30; index += 1) await test1(stage);
    await Promise.all(Array.from({ length: 6 }, stage.deliver));
    const ids = stage.receiver.received.map(({ headers }) => headers["webhook-id"]);
    expect(ids).toHaveLength(30);
    expect(new Set(ids).size).toBe(30);
    expect(stage.receiver.mostOpen()).toBeLessThanOrEqual(4);
    expect((await deliveriesOf(stage.endpointId)).every(({ status }) => status === "taken")).toBe(true);
    await stage.receiver.close();
  });

  it("to one that never answers holds up no other (ASVS 15.2.2)", async () => {
    const slow = await setStage({ answer: () => "never" });
    const quick = await setStage();
    for (let index = 0; index < 8; index += 1) await test1(slow);
    await test1(quick);
    const patient = {
      ...test.services,
      outgoingHttp: createOutgoingHttp({ allowPrivate: true, timeout: 1500 }),
    };
    const slowly = deliverTo(patient, slow);
    await quick.deliver();
    expect((await deliveriesOf(quick.endpointId))[0]?.status).toBe("taken");
    await slowly;
    const tried = (await deliveriesOf(slow.endpointId)).filter(({ tries }) => tries > 0);
    expect(tried.every(({ last_problem }) => last_problem === "timeout")).toBe(true);
    await slow.receiver.close();
    await quick.receiver.close();
  });

  it.each([301, 302, 307, 400, 404, 500, 503])("that is answered %d is tried again later", async (status) => {
    const stage = await setStage({ answer: () => status });
    await test1(stage);
    await stage.deliver();
    const [row] = await deliveriesOf(stage.endpointId);
    expect(row).toMatchObject({ status: "waiting", tries: 1, last_status: status });
    expect(row!.next_try_at!.getTime()).toBeGreaterThan(row!.last_try_at!.getTime() + 4_000);
    expect(stage.receiver.received).toHaveLength(1);
    expect((await endpoint(stage.endpointId)).failing_since).toBeInstanceOf(Date);
    await stage.receiver.close();
  });

  it("goes on over a day, in longer and longer waits, and is given up then", async () => {
    const stage = await setStage({ answer: () => 500 });
    await test1(stage);
    let seconds = 0;
    for (let turn = 1; turn <= mostTries; turn += 1) {
      await stage.deliver();
      const [row] = await deliveriesOf(stage.endpointId);
      expect([turn, row!.tries]).toEqual([turn, turn]);
      if (row!.next_try_at) seconds += (row!.next_try_at.getTime() - row!.last_try_at!.getTime()) / 1000;
      await dueNow(stage.endpointId);
    }
    expect(seconds).toBeGreaterThan(86_400);
    expect((await deliveriesOf(stage.endpointId))[0]).toMatchObject({
      status: "given_up",
      next_try_at: null,
    });
    await stage.deliver();
    expect(stage.receiver.received).toHaveLength(mostTries);
    await stage.receiver.close();
  });

  it("of a worker that died is taken up by the next one, and by the schedule without a job", async () => {
    const stage = await setStage();
    await test1(stage);
    const claim = (until: string) =>
      sql`update webhook_deliveries set tries = 1, claimed_until = now() + ${until}::interval
        where endpoint_id = ${stage.endpointId}`.execute(test.db);
    await claim("20 seconds");
    await stage.deliver();
    expect(stage.receiver.received).toHaveLength(0);
    await claim("-1 second");
    const before = await jobsFor("webhook.deliver", stage.endpointId);
    await sql`delete from pgboss.job where name = 'webhook.deliver'`.execute(test.db);
    await requeueDeliveries(test.db, test.services.queue);
    expect(await jobsFor("webhook.deliver", stage.endpointId)).toBe(1);
    expect(before).toBeGreaterThan(0);
    await stage.deliver();
    expect(stage.receiver.received).toHaveLength(1);
    await stage.receiver.close();
  });

  it("to an endpoint that is gone (410) switches it off, with one letter to its owners", async () => {
    const { db, services, letters } = test;
    const stage = await setStage({ answer: () => 410 });
    await test1(stage);
    await test1(stage);
    await stage.deliver();
    expect(await endpoint(stage.endpointId)).toMatchObject({ off_reason: "gone", off_at: expect.any(Date) });
    expect((await deliveriesOf(stage.endpointId)).map(({ status }) => status)).toEqual([
      "given_up",
      "given_up",
    ]);
    expect(await jobsFor("webhook.off-mail", stage.endpointId)).toBe(1);
    const mine = () => letters.filter(({ to }) => to.includes(stage.people.owner.email));
    await webhookOffMail(services, { endpointId: stage.endpointId });
    await webhookOffMail(services, { endpointId: stage.endpointId });
    expect(mine()).toHaveLength(1);
    expect(mine()[0]!.raw).toContain("410");
    expect(await test1(stage)).toBe(false);
    await endStream(db, services.queue, { streamId: stage.stream.id, userId: stage.people.host.id });
    expect(await deliveriesOf(stage.endpointId)).toHaveLength(2);
    await stage.receiver.close();
  });

  it("to one that took nothing for a day and many tries switches it off; one that takes again is healthy", async () => {
    let status = 500;
    const stage = await setStage({ answer: () => status });
    const failing = (since: string, tries: number) =>
      sql`update webhook_endpoints set failing_since = now() - ${since}::interval, failed_tries = ${tries}
        where id = ${stage.endpointId}`.execute(test.db);
    const again = async () => {
      await dueNow(stage.endpointId);
      await stage.deliver();
      return (await endpoint(stage.endpointId)).off_reason;
    };
    await test1(stage);
    await failing("25 hours", 2);
    expect(await again()).toBeNull();
    await failing("23 hours", 50);
    expect(await again()).toBeNull();
    status = 200;
    expect(await again()).toBeNull();
    expect(await endpoint(stage.endpointId)).toMatchObject({ failing_since: null, failed_tries: 0 });
    status = 500;
    await test1(stage);
    await failing("25 hours", 7);
    expect(await again()).toBe("dead");
    const of = { spaceId: stage.space.id, endpointId: stage.endpointId, actorId: stage.people.owner.id };
    expect(await switchOn(test.db, of)).toBe(true);
    expect(await switchOn(test.db, of)).toBe(false);
    expect(await endpoint(stage.endpointId)).toMatchObject({ off_at: null, failing_since: null });
    await stage.receiver.close();
  });
});

describe("the log", () => {
  it("sends a message again, with its own id, from whatever became of it", async () => {
    const { db, services } = test;
    const stage = await setStage();
    const of = { spaceId: stage.space.id, endpointId: stage.endpointId };
    await sendTest(db, services.queue, of);
    await stage.deliver();
    const [row] = await deliveriesOf(stage.endpointId);
    expect(await resendDelivery(db, services.queue, { ...of, deliveryId: row!.id })).toBe(true);
    await stage.deliver();
    const ids = stage.receiver.received.map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([row!.message_id, row!.message_id]);
    await stage.receiver.close();
  });

  it("of another space or endpoint is not there, and what is being sent is not sent twice", async () => {
    const { db, services } = test;
    const [mine, other] = [await setStage(), await setStage()];
    const of = { spaceId: mine.space.id, endpointId: mine.endpointId };
    await sendTest(db, services.queue, { spaceId: other.space.id, endpointId: other.endpointId });
    const [row] = await deliveriesOf(other.endpointId);
    const before = await everything(db);
    const resend = (ids: typeof of) => resendDelivery(db, services.queue, { ...ids, deliveryId: row!.id });
    expect(await resend(of)).toBe(false);
    expect(await resend({ ...of, endpointId: other.endpointId })).toBe(false);
    expect(await sendTest(db, services.queue, { ...of, endpointId: other.endpointId })).toBe(false);
    expect(await everything(db)).toBe(before);
    await sql`update webhook_deliveries set claimed_until = now() + interval '20 seconds' where id = ${row!.id}`.execute(
      db,
    );
    expect(await resend({ spaceId: other.space.id, endpointId: other.endpointId })).toBe(false);
  });

  it("keeps messages for a month, and longer what still waits", async () => {
    const { db, services } = test;
    const stage = await setStage();
    const of = { spaceId: stage.space.id, endpointId: stage.endpointId };
    for (let index = 0; index < 3; index += 1) await sendTest(db, services.queue, of);
    const [old, waiting] = await deliveriesOf(stage.endpointId);
    await sql`update webhook_deliveries set status = 'taken', next_try_at = null, ended_at = now() where id = ${old!.id}`.execute(
      db,
    );
    await sql`update webhook_messages set created_at = now() - interval '31 days' where id in (${old!.message_id}, ${waiting!.message_id})`.execute(
      db,
    );
    await deleteOld(db);
    const left = (await deliveriesOf(stage.endpointId)).map(({ id }) => id);
    expect(left).toHaveLength(2);
    expect(left).not.toContain(old!.id);
  });
});
