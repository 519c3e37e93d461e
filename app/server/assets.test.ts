import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import express from "express";
import { afterAll, beforeAll, expect, it } from "vitest";
import { serveAssets } from "./assets.ts";

const script = "export const words = 'the same words, again and again';\n".repeat(200);
let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "frontrow-assets-"));
  await mkdir(path.join(folder, "assets"));
  await writeFile(path.join(folder, "assets", "entry-1.js"), script);
  await writeFile(path.join(folder, "assets", "font-1.woff2"), "a font");
  await writeFile(path.join(folder, "secret.js"), "not an asset");
  const app = express();
  app.use("/assets", serveAssets(path.join(folder, "assets")));
  app.use((_, response) => void response.status(404).send("next"));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/assets/`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (name: string, headers: Record<string, string> = {}) =>
  fetch(url + name, { headers: { "accept-encoding": "gzip", ...headers } });

it("sends a script packed, to be kept for ever, the same each time", async () => {
  for (let time = 0; time < 2; time += 1) {
    const response = await get("entry-1.js");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(Number(response.headers.get("content-length"))).toBeLessThan(script.length / 10);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(await response.text()).toBe(script);
  }
});

it("leaves to others who takes no gzip, what is no script, and what is not in the folder", async () => {
  expect((await get("entry-1.js", { "accept-encoding": "identity" })).status).toBe(404);
  for (const name of ["font-1.woff2", "missing.js", "..%2fsecret.js", "%2e%2e/secret.js", ""])
    expect([name, (await get(name)).status]).toEqual([name, 404]);
});
