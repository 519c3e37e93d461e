import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import express, { type Response } from "express";
import { afterEach, expect, it, vi } from "vitest";
import { takeTurns } from "./turns.ts";

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** A web of one page that is finished by hand; `come` are those who came, `begun` whose page was begun, in order. */
async function start(limits: Parameters<typeof takeTurns>[0]) {
  const [come, begun, gone]: [string[], string[], string[]] = [[], [], []];
  const open = new Map<string, Response>();
  const app = express();
  app.use((request, response, next) => {
    response.once("close", () => gone.push(request.path));
    next();
    come.push(request.path);
  });
  app.all("*", takeTurns({ longest: 60_000, ...limits }), (request, response) => {
    begun.push(request.path);
    open.set(request.path, response);
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => (server.closeAllConnections(), server.close()));
  const port = (server.address() as AddressInfo).port;
  const here = (path: string) => vi.waitFor(() => expect(come).toContain(path), { timeout: 10_000 });
  /** Resolves with the answer once it is there; `here` once the request is. */
  const ask = (path: string, init?: RequestInit) => {
    const answer = fetch(`http://127.0.0.1:${port}${path}`, init).then(async (got) => ({
      status: got.status,
      text: await got.text(),
    }));
    return { answer, here: here(path) };
  };
  const comes = async (path: string) => {
    const asked = ask(path);
    await asked.here;
    return asked.answer;
  };
  const finish = (path: string) => void open.get(path)!.send("done");
  const until = (paths: string[]) => vi.waitFor(() => expect(begun).toEqual(paths), { timeout: 10_000 });
  const left = (path: string) => vi.waitFor(() => expect(gone).toContain(path), { timeout: 10_000 });
  return { ask, here, comes, begun, finish, until, left, port };
}

it("so many pages are made at once, and the others wait in their order", async () => {
  const { ask, begun, finish, until } = await start({ atWork: 2 });
  const asked = [];
  for (const path of ["/1", "/2", "/3", "/4"]) {
    const one = ask(path);
    await one.here;
    asked.push(one.answer);
  }
  expect(begun).toEqual(["/1", "/2"]);
  finish("/2");
  await until(["/1", "/2", "/3"]);
  finish("/1");
  await until(["/1", "/2", "/3", "/4"]);
  finish("/3");
  finish("/4");
  for (const answer of asked) expect(await answer).toEqual({ status: 200, text: "done" });
});

it("who has gone away is skipped, and frees a turn that is theirs", async () => {
  const { ask, begun, finish, until, left, port } = await start({ atWork: 1 });
  const leaving = connect(port, "127.0.0.1", () => leaving.write("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"));
  await until(["/1"]);
  const gone = new AbortController();
  const second = ask("/2", { signal: gone.signal });
  const aborted = second.answer.catch(() => "gone");
  await second.here;
  const third = ask("/3");
  await third.here;
  gone.abort();
  expect(await aborted).toBe("gone");
  await left("/2");
  expect(begun).toEqual(["/1"]);
  leaving.destroy();
  await until(["/1", "/3"]);
  finish("/3");
  expect((await third.answer).status).toBe(200);
});

it("who would be too many in line is told to come back, and nothing is begun for them", async () => {
  const { ask, comes, finish, until } = await start({ atWork: 1, waiting: 1 });
  const first = ask("/1");
  await until(["/1"]);
  const second = ask("/2");
  await second.here;
  const refused = await comes("/3");
  expect(refused.status).toBe(503);
  expect(refused.text).toContain("One moment, please");
  finish("/1");
  await until(["/1", "/2"]);
  finish("/2");
  expect([(await first.answer).status, (await second.answer).status]).toEqual([200, 200]);
});

it("one network address does not fill the line, also with requests that it sends at once", async () => {
  const { ask, here, begun, finish, until, port } = await start({ atWork: 1, ofNetwork: 3 });
  const first = ask("/1");
  await until(["/1"]);
  const answers: string[] = [];
  const flood = connect(port, "127.0.0.1");
  flood.on("data", (text: Buffer) => answers.push(text.toString()));
  const many = Array.from({ length: 10 }, (_, at) => `GET /flood-${at} HTTP/1.1\r\nHost: x\r\n\r\n`);
  flood.write(many.join(""));
  await here("/flood-9");
  // Answers of one connection come in its order: three pages, and seven times that it was too much.
  finish("/1");
  for (const path of ["/flood-0", "/flood-1", "/flood-2"]) {
    await vi.waitFor(() => expect(begun.at(-1)).toBe(path), { timeout: 10_000 });
    finish(path);
  }
  const refused = () => answers.join("").match(/HTTP\/1\.1 503 /g)?.length;
  await vi.waitFor(() => expect(refused()).toBe(7), { timeout: 10_000 });
  expect(begun).toEqual(["/1", "/flood-0", "/flood-1", "/flood-2"]);
  expect((await first.answer).status).toBe(200);
  flood.destroy();
  const next = ask("/2");
  await until([...begun.slice(0, 4), "/2"]);
  finish("/2");
  expect((await next.answer).status).toBe(200);
});

it("a page that takes too long keeps nobody waiting, and is answered when it is done", async () => {
  const { ask, finish, until } = await start({ atWork: 1, longest: 50 });
  const slow = ask("/1");
  await until(["/1"]);
  const second = ask("/2");
  await until(["/1", "/2"]);
  for (const path of ["/1", "/2"]) finish(path);
  expect([(await slow.answer).status, (await second.answer).status]).toEqual([200, 200]);
});

it("what is sent to us does not wait", async () => {
  const { ask, finish, until } = await start({ atWork: 1 });
  const page = ask("/1");
  await until(["/1"]);
  const sent = ask("/2", { method: "POST", body: "a=b" });
  await until(["/1", "/2"]);
  finish("/2");
  expect((await sent.answer).status).toBe(200);
  finish("/1");
  await page.answer;
});
