import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { AlreadyRunning, takeLock } from "#local/lock.ts";
import { editionVariable, endLeftovers, markOf, readMark, runs, writeMark } from "#local/processes.ts";

let dir: string;

beforeEach(() => {
  dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-processes-")));
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true }));
});

/** A process that runs until it is ended; `deaf` ignores being asked to. */
async function sleeper({ deaf = false, env = {} } = {}): Promise<ChildProcess & { pid: number }> {
  const script = `${deaf ? 'process.on("SIGTERM", () => {});' : ""} console.log("up"); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ["-e", script], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
    env: Object.assign({} as NodeJS.ProcessEnv, { PATH: process.env.PATH }, env),
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout!.once("data", resolve));
  return child as ChildProcess & { pid: number };
}
const markFile = (name: string) => path.join(dir, "pids", `${name}.json`);

describe("A process that was written down", () => {
  test("is known again while it runs, and not after", async () => {
    const child = await sleeper();
    writeMark(markFile("web"), child.pid);
    const mark = readMark(markFile("web"))!;
    expect(runs(mark)).toBe(true);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    expect(runs(mark)).toBe(false);
  });

  test("is not taken for another one that has its number now", async () => {
    const child = await sleeper();
    expect(runs({ pid: child.pid, started: "0:123" })).toBe(false);
    expect(runs({ pid: child.pid, started: "" })).toBe(false);
  });
});

describe("What an earlier run left behind", () => {
  test("is ended by what was written down", async () => {
    const child = await sleeper();
    writeMark(markFile("web"), child.pid);
    const mark = markOf(child.pid);
    expect(await endLeftovers(dir)).toEqual(["web"]);
    expect(runs(mark)).toBe(false);
    expect(fs.existsSync(markFile("web"))).toBe(false);
  });

  test("is killed when it does not listen, also when it stands still", async () => {
    const deaf = await sleeper({ deaf: true });
    const still = await sleeper();
    still.kill("SIGSTOP");
    writeMark(markFile("web"), deaf.pid);
    writeMark(markFile("worker"), still.pid);
    const marks = [deaf.pid, still.pid].map(markOf);
    await endLeftovers(dir);
    expect(marks.map(runs)).toEqual([false, false]);
  });

  test("never is a stranger with a recycled number", async () => {
    const stranger = await sleeper();
    fs.mkdirSync(path.join(dir, "pids"));
    fs.writeFileSync(markFile("web"), JSON.stringify({ pid: stranger.pid, started: "another-boot:1" }));
    expect(await endLeftovers(dir)).toEqual([]);
    expect(runs(markOf(stranger.pid))).toBe(true);
  });

  test.runIf(process.platform === "linux")(
    "is found by its environment when nothing was written down",
    async () => {
      const ours = await sleeper({ env: { [editionVariable]: dir } });
      const other = await sleeper({ env: { [editionVariable]: `${dir}-of-another` } });
      const marks = [ours.pid, other.pid].map(markOf);
      await endLeftovers(dir);
      expect(marks.map(runs)).toEqual([false, true]);
    },
  );

  test("may be a file that cannot be read", async () => {
    fs.mkdirSync(path.join(dir, "pids"));
    fs.writeFileSync(markFile("web"), '{"pid": ');
    expect(await endLeftovers(dir)).toEqual([]);
  });
});

describe("The lock of a folder", () => {
  test("refuses a second holder, and says where the first one runs", async () => {
    const lock = await takeLock(dir);
    lock.running("http://127.0.0.1:3000");
    const refusal = await takeLock(dir).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AlreadyRunning);
    expect((refusal as Error).message).toContain("http://127.0.0.1:3000");
    lock.release();
    (await takeLock(dir)).release();
  });

  test("of a holder that is gone is taken", async () => {
    fs.writeFileSync(path.join(dir, "launcher.json"), JSON.stringify({ pid: process.pid, started: "0:1" }));
    const lock = await takeLock(dir);
    expect(readMark(path.join(dir, "launcher.json"))).toEqual(markOf(process.pid));
    lock.release();
  });

  test("of a holder that is just stopping is waited for", async () => {
    const lock = await takeLock(dir);
    lock.stopping();
    let taken = false;
    const second = takeLock(dir).then((next) => {
      taken = true;
      next.release();
    });
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(taken).toBe(false);
    lock.release();
    await second;
    expect(taken).toBe(true);
  });
});
