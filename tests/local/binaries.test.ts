import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { findProgram, versitygw } from "#local/binaries.ts";

let dir: string;
let search: { path: string; localCache: string; userCache: string };

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-binaries-"));
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true }));
  search = {
    path: path.join(dir, "path"),
    localCache: path.join(dir, "local"),
    userCache: path.join(dir, "user"),
  };
  for (const folder of Object.values(search)) fs.mkdirSync(folder);
});

function place(folder: string, name: string): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, "#!/bin/sh\n", { mode: 0o755 });
  return file;
}

test("a program is taken from PATH, then from the checkout's cache, then from the person's", async () => {
  const shared = place(search.userCache, `versitygw-${versitygw.version}`);
  expect(await findProgram(versitygw, search)).toBe(shared);
  const own = place(search.localCache, "versitygw");
  expect(await findProgram(versitygw, search)).toBe(own);
  const installed = place(search.path, "versitygw");
  expect(await findProgram(versitygw, search)).toBe(installed);
});

test("another version in the cache is not taken, and without Go a sentence says how to get it", async () => {
  place(search.userCache, "versitygw-0.0.1");
  fs.writeFileSync(path.join(search.path, "versitygw"), "not executable");
  const before = process.env.PATH;
  process.env.PATH = search.path;
  onTestFinished(() => void (process.env.PATH = before));
  await expect(findProgram(versitygw, search)).rejects.toThrow(
    /^versitygw is not installed, and without Go .* get it from https:\/\/github.com\/versity\/versitygw\/releases/,
  );
});
