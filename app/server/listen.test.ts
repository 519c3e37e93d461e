import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createDoor, type Server } from "node:net";
import { expect, it, vi } from "vitest";
import { listen } from "./listen.ts";

async function freePort(): Promise<number> {
  const probe: Server = createDoor().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const ask = (port: number) => fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });

it("whoever comes is let in by one of the doors, until all are shut", async () => {
  const where = { port: await freePort(), host: "127.0.0.1" };
  const door = await listen(
    createServer((_, response) => void response.end("in")),
    where,
  );
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(where.port)));
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(answers.map(() => "in"));
  await door.close();
  await expect(ask(where.port)).rejects.toThrow();
});

it("shutting the doors waits for the answers that are under way, and for nothing else", async () => {
  const where = { port: await freePort(), host: "127.0.0.1" };
  const asked: { end(text: string): void }[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, (_, response) => void asked.push(response));
  const door = await listen(server, where);
  // Kept for the next request, as browsers keep them.
  const answers = Array.from({ length: 20 }, () => fetch(`http://127.0.0.1:${where.port}/`));
  await vi.waitFor(() => expect(asked).toHaveLength(20), { timeout: 10_000 });
  let shut = false;
  const closing = door.close().then(() => (shut = true));
  for (const response of asked.slice(1)) response.end("in");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(shut).toBe(false);
  asked[0]!.end("in");
  await closing;
  const texts = await Promise.all(answers.map(async (answer) => (await answer).text()));
  expect(texts).toEqual(answers.map(() => "in"));
});

it("a second process at the same port is refused, though the system would let it in", async () => {
  const where = { port: await freePort(), host: "127.0.0.1" };
  const door = await listen(createServer(), where);
  await expect(listen(createServer(), where)).rejects.toMatchObject({ code: "EADDRINUSE" });
  await door.close();
});
