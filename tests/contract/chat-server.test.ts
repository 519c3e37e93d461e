import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import { StreamChat } from "stream-chat";
import { afterEach, expect, inject, it } from "vitest";
import { unique } from "#tests/factories.ts";

/** What the local chat server promises by itself: that it forgets nothing it has acknowledged, and pretends nothing. */
const keys = { apiKey: "local-key", apiSecret: "local-secret-of-the-tests" };
const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
});

async function start({
  database,
  port = 0,
  webhook = "",
}: {
  database: string;
  port?: number;
  webhook?: string;
}) {
  const child = spawn(process.execPath, ["local/chat/main.ts"], {
    env: {
      ...{ NODE_ENV: "test", PATH: process.env.PATH },
      PORT: String(port),
      DATABASE_URL: Object.assign(new URL(inject("postgresUrl")), { pathname: `/${database}` }).href,
      STREAM_API_KEY: keys.apiKey,
      STREAM_API_SECRET: keys.apiSecret,
      WEBHOOK_URL: webhook,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.add(child);
  let said = "";
  for await (const chunk of child.stdout) {
    said += String(chunk);
    if (said.includes("\n")) break;
  }
  const url = /http:\/\/\S+/.exec(said)?.[0] ?? "";
  const client = new StreamChat(keys.apiKey, keys.apiSecret, {
    baseURL: url,
    disableCache: true,
    warmUp: false,
  });
  return {
    url,
    client,
    exited: () => child.exitCode !== null || child.signalCode !== null,
    async kill() {
      running.delete(child);
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

it("loses no message that it has acknowledged, and doubles none, when it is killed under load", async () => {
  const database = unique("chat").replace("-", "_");
  let server = await start({ database });
  const port = Number(new URL(server.url).port);
  await server.client.upsertUsers([{ id: "ada", name: "Ada" }]);
  const channelId = unique("channel");
  await server.client.channel("messaging", channelId, { created_by_id: "ada" } as never).create();
  const acknowledged = new Set<string>();
  const sent = new Set<string>();

  for (let round = 0; round < 3; round += 1) {
    let over = false;
    const channel = server.client.channel("messaging", channelId);
    const talkers = Array.from({ length: 8 }, async () => {
      while (!over) {
        const id = randomUUID();
        sent.add(id);
        try {
          await channel.sendMessage({ id, text: "Hello", user_id: "ada" } as never);
          acknowledged.add(id);
        } catch {
          return;
        }
      }
    });
    const before = acknowledged.size;
    while (acknowledged.size < before + 60) await new Promise((resolve) => setTimeout(resolve, 10));
    await server.kill();
    over = true;
    await Promise.all(talkers);
    server = await start({ database, port });
  }

  const kept = await messagesOf(server.client, channelId);
  expect(new Set(kept).size).toBe(kept.length);
  expect([...acknowledged].filter((id) => !kept.includes(id))).toEqual([]);
  expect(kept.filter((id) => !sent.has(id))).toEqual([]);
  expect(acknowledged.size).toBeGreaterThanOrEqual(180);
});

it("stays when its database ends every connection, and keeps what it has acknowledged", async () => {
  const database = unique("chat").replace("-", "_");
  const server = await start({ database });
  await server.client.upsertUsers([{ id: "ada", name: "Ada" }]);
  const channel = server.client.channel("messaging", unique("channel"), { created_by_id: "ada" } as never);
  await channel.create();
  const acknowledged: string[] = [];
  const refused: unknown[] = [];
  let over = false;
  const talkers = Array.from({ length: 8 }, async () => {
    while (!over) {
      const id = randomUUID();
      try {
        await channel.sendMessage({ id, text: "Hello", user_id: "ada" } as never);
        acknowledged.push(id);
      } catch (error) {
        refused.push((error as { status?: unknown }).status);
      }
    }
  });
  const postgres = new pg.Client({ connectionString: inject("postgresUrl") });
  await postgres.connect();
  for (let time = 0; time < 20; time += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await postgres.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [
      database,
    ]);
  }
  await postgres.end();
  over = true;
  await Promise.all(talkers);
  expect(server.exited()).toBe(false);
  expect(refused.filter((status) => status !== 503)).toEqual([]);

  await channel.sendMessage({ id: randomUUID(), text: "Still here", user_id: "ada" } as never);
  await server.kill();
  const next = await start({ database });
  const kept = await messagesOf(next.client, channel.id ?? "");
  expect(acknowledged.filter((id) => !kept.includes(id))).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(0);
});

it("answers what it does not know with 501, and says so", async () => {
  const { url, client } = await start({ database: unique("chat").replace("-", "_") });
  const answer = await fetch(`${url}/polls?api_key=${keys.apiKey}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "stream-auth-type": "jwt",
      authorization: (client as unknown as { _getToken(): string })._getToken(),
    },
    body: "{}",
  });
  expect(answer.status).toBe(501);
  expect(await answer.text()).toMatch(/POST \/polls/);
});

it("signs its webhooks, and tries again with the same id until they are taken", async () => {
  const heard: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      if (body.includes("message.new")) heard.push({ headers: request.headers, body });
      response.statusCode = heard.length === 1 && body.includes("message.new") ? 503 : 200;
      response.end();
    });
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const { port } = receiver.address() as AddressInfo;
  try {
    const webhook = `http://127.0.0.1:${port}/`;
    const { client } = await start({ database: unique("chat").replace("-", "_"), webhook });
    await client.upsertUsers([{ id: "ada" }]);
    const channel = client.channel("messaging", unique("channel"), { created_by_id: "ada" } as never);
    await channel.create();
    await channel.sendMessage({ text: "Hello", user_id: "ada" } as never);
    while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    receiver.close();
  }
  const [first, second] = heard;
  for (const { headers, body } of heard) {
    const right = createHmac("sha256", keys.apiSecret).update(body).digest("hex");
    expect(headers["x-signature"]).toBe(right);
    expect(headers["x-api-key"]).toBe(keys.apiKey);
  }
  expect(second!.headers["x-webhook-id"]).toBe(first!.headers["x-webhook-id"]);
  expect([first, second].map((each) => each!.headers["x-webhook-attempt"])).toEqual(["1", "2"]);
  expect(second!.body.equals(first!.body)).toBe(true);
});

/** The ids of every message that the server has of a channel, from the first on. */
async function messagesOf(client: StreamChat, channelId: string): Promise<string[]> {
  const kept: string[] = [];
  for (;;) {
    const { messages } = await client.channel("messaging", channelId).query({
      messages: { limit: 100, ...(kept[0] ? { id_lt: kept[0] } : {}) },
    } as never);
    kept.unshift(...messages.map(({ id }) => id));
    if (messages.length < 100) return kept;
  }
}
