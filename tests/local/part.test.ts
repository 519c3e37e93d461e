import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { startPart, type Part, type PartSpec } from "#local/part.ts";
import { markOf, readMark, runs } from "#local/processes.ts";

let dir: string;
let lines: string[];

beforeEach(() => {
  dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-part-")));
  lines = [];
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true }));
});

async function start(script: string, spec: Partial<PartSpec> = {}): Promise<Part> {
  const part = await startPart(
    {
      name: "clock",
      command: { file: process.execPath, args: ["-e", script] },
      isReady: async (printed) => printed().includes("ready"),
      backoff: [50, 400],
      readyWithin: 10_000,
      ...spec,
    },
    { dir, onLine: (line) => lines.push(line) },
  );
  onTestFinished(() => part.stop());
  return part;
}
const steady = 'console.log("ready"); setInterval(() => {}, 1000)';
const until = async (condition: () => boolean) => {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 500) throw new Error(`Not within 10 s. Lines: ${lines.join(" | ")}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

describe("A part that dies", () => {
  test("is started again, with a line about it, and is known by its new process", async () => {
    const part = await start(steady);
    const first = part.pid!;
    part.kill("SIGKILL");
    await part.waitUntilReady();
    expect(part.pid).not.toBe(first);
    expect(readMark(path.join(dir, "pids/clock.json"))?.pid).toBe(part.pid);
    await until(() => lines.length === 2);
    expect(lines[0]).toContain("clock died (SIGKILL); it is started again in 0.05 s");
    expect(lines[1]).toMatch(/^clock runs again/);
    expect(fs.readFileSync(part.log, "utf8")).toContain("died (SIGKILL)");
  });

  test("again and again is waited for longer each time", async () => {
    const part = await start(steady);
    for (const pause of ["0.05", "0.4", "0.4"]) {
      const before = lines.length;
      part.kill("SIGKILL");
      await until(() => lines.length > before);
      expect(lines.at(-1) ?? "").toContain(`in ${pause} s`);
      await part.waitUntilReady();
      await until(() => lines.length === before + 2);
    }
  });

  test("takes with it what it had started", async () => {
    const child = "setInterval(() => {}, 1000)";
    const part = await start(
      `const { pid } = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}]);
       console.log("child", pid, "ready"); setInterval(() => {}, 1000)`,
    );
    const pid = Number(/child (\d+)/.exec(fs.readFileSync(part.log, "utf8"))![1]);
    const mark = markOf(pid);
    expect(runs(mark)).toBe(true);
    part.kill("SIGKILL");
    await until(() => !runs(mark));
    await part.waitUntilReady();
  });

  test("before it was ever ready fails the start, with the end of its log", async () => {
    await expect(start('console.error("no such port"); process.exit(3)')).rejects.toThrow(
      /clock ended.*\n.*no such port/s,
    );
    expect(lines).toEqual([]);
    expect(fs.existsSync(path.join(dir, "pids/clock.json"))).toBe(false);
  });

  test("because its program is missing fails the start", async () => {
    await expect(start("", { command: { file: path.join(dir, "nothing"), args: [] } })).rejects.toThrow(
      "clock ended",
    );
  });
});

test("a part that is not ready in time is ended", async () => {
  await expect(start('console.log("up"); setInterval(() => {}, 1000)', { readyWithin: 600 })).rejects.toThrow(
    "clock was not ready after 0.6 s",
  );
  expect(fs.existsSync(path.join(dir, "pids/clock.json"))).toBe(false);
});

test("a part that is stopped stays away, also one that stands still or does not listen", async () => {
  const part = await start(`process.on("SIGTERM", () => {}); ${steady}`, { stopWithin: 300 });
  const mark = markOf(part.pid!);
  part.pause();
  await part.stop();
  expect(runs(mark)).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(part.pid).toBeUndefined();
  expect(lines).toEqual([]);
  await part.start();
  expect(runs(markOf(part.pid!))).toBe(true);
});

test("a paused part stands still with all that it started, and goes on when it is resumed", async () => {
  const part = await start('console.log("ready"); setInterval(() => console.log("tick"), 20)');
  const ticks = () => fs.readFileSync(part.log, "utf8").split("tick").length;
  part.pause();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const paused = ticks();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(ticks()).toBe(paused);
  part.resume();
  await until(() => ticks() > paused);
});

test("a restart ends the process properly and starts another", async () => {
  const part = await start(
    `process.on("SIGTERM", () => { console.log("goodbye"); process.exit(0) }); ${steady}`,
  );
  const first = part.pid;
  await part.restart();
  expect(part.pid).not.toBe(first);
  expect(fs.readFileSync(part.log, "utf8")).toContain("goodbye");
  expect(lines).toEqual([]);
});

test("what a restart gives to its environment stays there, also when it dies", async () => {
  const part = await start(
    `console.log("key", process.env.KEY, process.env.PATH ? "path" : "bare"); ${steady}`,
  );
  const said = () => fs.readFileSync(part.log, "utf8").match(/^key .*$/gm);
  await part.restart({ env: { KEY: "new" } });
  part.kill("SIGKILL");
  await part.waitUntilReady();
  await part.restart({ env: { OTHER: "more" } });
  expect(said()).toEqual(["key undefined path", "key new path", "key new path", "key new path"]);
});

test("what a part prints can be read by its owner alone", async () => {
  const part = await start(steady);
  expect(fs.statSync(part.log).mode & 0o777).toBe(0o600);
});
