import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { findProgram, livekitServer, neededPrograms, versitygw } from "#local/programs.mjs";

let dir: string;
let search: { path: string; localCache: string; userCache: string };

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-programs-"));
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

describe("With Go a program is built", () => {
  beforeEach(() => {
    const before = process.env.PATH;
    process.env.PATH = [search.path, before].join(path.delimiter);
    onTestFinished(() => void (process.env.PATH = before));
  });

  /** A Go that notes each build, takes its time, and leaves a program where GOBIN says. */
  function placeGo(build: string): () => string[] {
    const log = path.join(dir, "builds");
    const script = `#!/bin/sh\n[ "$1" = version ] && exit 0\necho "$4" >> ${log}\n${build}\n`;
    fs.writeFileSync(path.join(search.path, "go"), script, { mode: 0o755 });
    return () => fs.readFileSync(log, "utf8").trim().split("\n");
  }
  const working = 'sleep 0.3\nprintf "#!/bin/sh\\n" > "$GOBIN/versitygw"\nchmod +x "$GOBIN/versitygw"';

  test("once, however many ask at the same time", async () => {
    const builds = placeGo(working);
    const asked = await Promise.all([1, 2, 3].map(() => findProgram(versitygw, search)));
    const built = path.join(search.userCache, `versitygw-${versitygw.version}`);
    expect(asked).toEqual([built, built, built]);
    expect(builds()).toEqual([`${versitygw.module}@v${versitygw.version}`]);
    expect(fs.readdirSync(search.userCache)).toEqual([path.basename(built)]);
  });

  test("and is taken once it is there, though another goes on", async () => {
    placeGo(working);
    fs.writeFileSync(path.join(search.userCache, "building"), "");
    const asked = findProgram(versitygw, search);
    const built = place(search.userCache, `versitygw-${versitygw.version}`);
    expect(await asked).toBe(built);
  });

  test("also where a build that was killed has left its note", async () => {
    placeGo(working);
    const note = path.join(search.userCache, "building");
    const before = Date.now() / 1000 - 60;
    fs.writeFileSync(note, "");
    fs.utimesSync(note, before, before);
    expect(await findProgram(versitygw, search)).toContain(search.userCache);
  });

  test("and what Go says against it is handed on, with where else it can be had", async () => {
    placeGo("echo 'no such module' >&2\nexit 1");
    await expect(findProgram(versitygw, search)).rejects.toThrow(
      /^versitygw could not be built with Go; get it from https:.*Go said:\nno such module/s,
    );
    expect(fs.readdirSync(search.userCache)).toEqual([]);
  });
});

test("what an environment replaces is not needed", () => {
  expect(neededPrograms({}).map(({ name }) => name)).toEqual(["versitygw", "livekit-server"]);
  expect(neededPrograms({ S3_ENDPOINT: "https://r2.example" })).toEqual([livekitServer]);
});
