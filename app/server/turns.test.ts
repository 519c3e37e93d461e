import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import express, { type Response } from "express";
import { afterEach, expect, it, vi } from "vitest";
import { takeTurns } from "./turns.ts";

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** A web of one page that is finished by hand; `begun` is who is at work or was, in order. */
async function start({ atWork, waiting }: { atWork: number; waiting?: number }) {
  const begun: string[] = [];
  const open = new Map<string, Response>();
  const app = express();
  app.all("*", takeTurns({ atWork, ...(waiting !== undefined && { waiting }) }), (request, response) => {
    begun.push(request.path);
    open.set(request.path, response);
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => (server.closeAllConnections(), server.close()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = (path: string, init?: RequestInit) =>
    fetch(url + path, init).then(async (answer) => ({ status: answer.status, text: await answer.text() }));
  const finish = (path: string) => void open.get(path)!.send("done");
  const until = (paths: string[]) => vi.waitFor(() => expect(begun).toEqual(paths));
  return { begun, ask, finish, until, port: Number(new URL(url).port) };
}

it("so many pages are made at once, and the others wait in their order", async () => {
  const { ask, finish, until } = await start({ atWork: 2 });
  const first = ask("/1");
  await until(["/1"]);
  const second = ask("/2");
  await until(["/1", "/2"]);
  const third = ask("/3");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const fourth = ask("/4");
  await new Promise((resolve) => setTimeout(resolve, 50));
  await until(["/1", "/2"]);
  finish("/2");
  await until(["/1", "/2", "/3"]);
  finish("/1");
  await until(["/1", "/2", "/3", "/4"]);
  finish("/3");
  finish("/4");
  for (const answer of [first, second, third, fourth])
    expect(await answer).toEqual({ status: 200, text: "done" });
});

it("who has gone away is skipped, and frees a turn that is theirs", async () => {
  const { ask, begun, finish, until, port } = await start({ atWork: 1 });
  const leaving = connect(port, "127.0.0.1", () => leaving.write("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"));
  await until(["/1"]);
  const gone = new AbortController();
  const second = ask("/2", { signal: gone.signal }).catch(() => "gone");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const third = ask("/3");
  await new Promise((resolve) => setTimeout(resolve, 50));
  gone.abort();
  expect(await second).toBe("gone");
  await new Promise((resolve) => setTimeout(resolve, 50));
  leaving.destroy();
  await until(["/1", "/3"]);
  finish("/3");
  expect((await third).status).toBe(200);
  expect(begun).toEqual(["/1", "/3"]);
});

it("who would be too many in line is told to come back, and nothing is begun for them", async () => {
  const { ask, begun, finish, until } = await start({ atWork: 1, waiting: 1 });
  const first = ask("/1");
  await until(["/1"]);
  const second = ask("/2");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const refused = await ask("/3");
  expect(refused.status).toBe(503);
  expect(refused.text).toContain("One moment, please");
  finish("/1");
  await until(["/1", "/2"]);
  finish("/2");
  expect([(await first).status, (await second).status]).toEqual([200, 200]);
  expect(begun).toEqual(["/1", "/2"]);
});

it("what is sent to us does not wait", async () => {
  const { ask, finish, until } = await start({ atWork: 1 });
  const page = ask("/1");
  await until(["/1"]);
  const sent = ask("/2", { method: "POST", body: "a=b" });
  await until(["/1", "/2"]);
  finish("/2");
  expect((await sent).status).toBe(200);
  finish("/1");
  await page;
});
