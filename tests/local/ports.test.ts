import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { choosePorts, readPorts } from "#local/ports.ts";

let file: string;

beforeEach(() => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-ports-"));
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true }));
  file = path.join(dir, "ports.json");
});

async function occupy(port: number): Promise<void> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
}

test("the ports of the last start are taken again", async () => {
  const first = await choosePorts(file, { fresh: true });
  expect(new Set(Object.values(first)).size).toBe(Object.values(first).length);
  expect(await choosePorts(file)).toEqual(first);
});

test("a remembered port that a stranger has taken is replaced, and the new one remembered", async () => {
  const first = await choosePorts(file, { fresh: true });
  await occupy(first.postgres);
  const second = await choosePorts(file);
  expect(second).toEqual({ ...first, postgres: second.postgres });
  expect(second.postgres).not.toBe(first.postgres);
  expect(readPorts(file)).toEqual(second);
});

test("web prefers 3000 where it is free", async () => {
  const free = await new Promise<boolean>((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(3000, "127.0.0.1", () => server.close(() => resolve(true)));
  });
  const { web } = await choosePorts(file);
  if (free) expect(web).toBe(3000);
  else expect(web).not.toBe(3000);
});

test("a port that the caller asks for and a stranger has is refused by number", async () => {
  const { web } = await choosePorts(file, { fresh: true });
  await occupy(web);
  await expect(choosePorts(file, { fixed: { web } })).rejects.toThrow(`Port ${web} is in use`);
});

test("a port file that cannot be read is forgotten", async () => {
  fs.writeFileSync(file, '{"web": 30');
  const ports = await choosePorts(file, { fresh: true });
  expect(readPorts(file)).toEqual(ports);
});
