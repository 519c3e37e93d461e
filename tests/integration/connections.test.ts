import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isDatabaseAway } from "#app/server/database-away.ts";
import { createChat } from "#app/services/chat.ts";
import { createEgress } from "#app/services/egress.ts";
import { createLiveKit } from "#app/services/livekit.ts";
import { openDatabase } from "#db/client.ts";
import { startReceiver } from "./webhook-receiver.ts";

const pair = { apiKey: "key", apiSecret: "a-secret-of-the-api-pair-of-tests" };
const livekitAt = (url: string) => ({
  ...{ ...pair, url, publicUrl: null, egressUrl: url, egressMetricsUrl: undefined },
  ...{ webhookKey: "other", webhookSecret: "a-secret-of-the-webhooks-of-tests" },
});
const storage = {
  ...{ endpoint: "http://127.0.0.1:9", region: "auto", bucket: "frontrow" },
  ...{ accessKeyId: "key", secretAccessKey: "secret" },
};
const chatAt = (url: string) => createChat({ ...pair, apiSecret: [pair.apiSecret], url });

it("a pool whose connections are all in use says that the database is away, and serves again when one is free (ASVS 13.2.6)", async () => {
  const db = openDatabase(inject("postgresUrl"), { max: 2 });
  let letGo = () => {};
  const end = new Promise<void>((resolve) => (letGo = resolve));
  const begun: Promise<void>[] = [];
  const held = Array.from({ length: 2 }, () => {
    let begin = () => {};
    begun.push(new Promise((resolve) => (begin = resolve)));
    return db.connection().execute(async (one) => {
      await sql`select 1`.execute(one);
      begin();
      await end;
    });
  });
  await Promise.all(begun);
  const refused = await sql`select 1`.execute(db).then(
    () => "answered",
    (error: unknown) => error,
  );
  expect(refused).toSatisfy(isDatabaseAway);
  letGo();
  await Promise.all(held);
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  await db.destroy();
});

describe("a service that takes connections and says nothing", () => {
  const open = new Set<Socket>();
  const silent = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}).resume();
  });
  let url = "";
  beforeAll(async () => {
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    for (const socket of open) socket.destroy();
    silent.close();
    await once(silent, "close");
  });

  it.each([
    ["LiveKit", () => createLiveKit(livekitAt(url)).listPeople("a-stream")],
    [
      "Egress",
      () => createEgress(livekitAt(url), storage).start({ streamId: "a-stream", prefix: "recordings/1/" }),
    ],
    ["the chat service", () => chatAt(url).deleteChannel("a-channel")],
  ])("%s is not waited for without end: it is to be tried again (ASVS 13.2.6)", async (_, ask) => {
    await expect(ask()).rejects.toMatchObject({ name: "ServiceError", retryable: true });
  });
});

describe("a service that answers with a redirect", () => {
  it("the chat service leads our key nowhere (ASVS 15.3.2)", async () => {
    const elsewhere = await startReceiver();
    const redirecting = await startReceiver(() => 307, { location: elsewhere.url });
    await expect(chatAt(new URL(redirecting.url).origin).deleteChannel("a-channel")).rejects.toMatchObject({
      name: "ServiceError",
    });
    expect(redirecting.received).not.toEqual([]);
    expect(elsewhere.connections()).toBe(0);
    await redirecting.close();
    await elsewhere.close();
  });

  it("LiveKit, whose own client follows it, leads no token away (ASVS 15.3.2)", async () => {
    const elsewhere = await startReceiver(() => 404);
    const redirecting = await startReceiver(() => 307, { location: elsewhere.url });
    const livekit = createLiveKit(livekitAt(new URL(redirecting.url).origin));
    await expect(livekit.listPeople("a-stream")).rejects.toMatchObject({ name: "ServiceError" });
    expect(redirecting.received[0]!.headers).toHaveProperty("authorization");
    for (const { headers } of elsewhere.received) expect(headers).not.toHaveProperty("authorization");
    await redirecting.close();
    await elsewhere.close();
  });
});
