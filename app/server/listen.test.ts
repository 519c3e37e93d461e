import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createDoor, type Server } from "node:net";
import { expect, it } from "vitest";
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

it("a second process at the same port is refused, though the system would let it in", async () => {
  const where = { port: await freePort(), host: "127.0.0.1" };
  const door = await listen(createServer(), where);
  await expect(listen(createServer(), where)).rejects.toMatchObject({ code: "EADDRINUSE" });
  await door.close();
});
