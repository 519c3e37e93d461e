import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { mintTicket, readTicket } from "#app/domain/participants/tickets.ts";
import { databaseNow, followDatabaseClock } from "#app/services/clock.ts";
import { verifyWebhook } from "#app/services/livekit-webhooks.ts";
import { createLiveKit } from "#app/services/livekit.ts";
import { egressEvent, signWebhook } from "#tests/livekit-webhook.ts";
import { type LogLine, openTestServices } from "./setup.ts";

/*
 * The machine's clock is set wrong for these tests; the database's is right, and so is time that only goes forward.
 */

const logged: LogLine[] = [];
let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices({ logged });
});
afterEach(() => vi.useRealTimers());
afterAll(() => test.close());

const realNow = () => performance.timeOrigin + performance.now();
const seconds = (token: string) => {
  const { nbf = 0, exp = 0 } = decodeJwt(token);
  return { nbf: nbf - realNow() / 1000, exp: exp - realNow() / 1000 };
};

it.each([
  ["five minutes ahead", 300_000],
  ["five minutes behind", -300_000],
  ["right", 0],
])("tokens and webhooks go by the database's clock on a machine whose own is %s", async (_, shiftMs) => {
  vi.useFakeTimers({ toFake: ["Date"], now: realNow() + shiftMs });
  logged.length = 0;
  const { services } = test;
  const clock = await followDatabaseClock(services.db, services.log);
  clock.stop();
  expect(Math.abs(databaseNow() - realNow())).toBeLessThan(2000);
  expect(logged.filter(({ msg }) => msg.startsWith("this machine's clock differs"))).toHaveLength(
    shiftMs === 0 ? 0 : 1,
  );

  const { livekit } = services.config;
  const token = await createLiveKit(livekit).mintToken({ streamId: "s", identity: "v_1", role: "viewer" });
  expect(seconds(token).nbf).toBeLessThanOrEqual(2);
  expect(seconds(token).exp).toBeGreaterThan(50);
  expect(seconds(token).exp).toBeLessThanOrEqual(62);
  expect(await createLiveKit(livekit).readToken(token)).toEqual({ streamId: "s", identity: "v_1" });
  // LiveKit's own server takes what its clients ask with.
  expect(await services.livekit.listPeople("01a22b65-4f61-73ec-87d7-000000000000")).toBeUndefined();

  const mint = { ...services.livekit, publicUrl: null, sessionSecrets: ["a-secret-of-the-tests-only"] };
  const ticket = await mintTicket(mint, { streamId: "s", identity: "v_1", role: "viewer" });
  expect(seconds(ticket.token).exp).toBeGreaterThan(50);
  expect(await readTicket(mint.sessionSecrets, ticket.token)).toEqual({ streamId: "s", identity: "v_1" });

  const pair = { key: livekit.webhookKey, secret: livekit.webhookSecret };
  const body = JSON.stringify(egressEvent({ egressId: "EG_1", roomName: "s", prefix: "p/" }));
  const signed = async (ageSeconds: number) =>
    signWebhook(body, pair, { ageSeconds: ageSeconds + Math.round((Date.now() - realNow()) / 1000) });
  expect(await verifyWebhook(livekit, { body, authorization: await signed(0) })).toBeDefined();
  expect(await verifyWebhook(livekit, { body, authorization: await signed(290) })).toBeDefined();
  expect(await verifyWebhook(livekit, { body, authorization: await signed(330) })).toBeUndefined();
  expect(await verifyWebhook(livekit, { body: `${body} `, authorization: await signed(0) })).toBeUndefined();
});
