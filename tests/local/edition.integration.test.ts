import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { beforeAll, afterAll, describe, expect, onTestFinished, test } from "vitest";
import { resetData, startEdition } from "#local/edition.ts";
import { endLeftovers, markOf, runs } from "#local/processes.ts";
import { root } from "#local/root.ts";

let dir: string;

beforeAll(() => {
  dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-edition-")));
});
afterAll(async () => {
  await endLeftovers(dir);
  fs.rmSync(dir, { recursive: true, force: true });
});

type Launched = { child: ChildProcess; output: string; code?: number | null; pids: Record<string, number> };

/** Runs a launcher until everything is up or it has ended. */
async function launch(...args: string[]): Promise<Launched> {
  const child = spawn(process.execPath, [path.join(root, "tests/local/launcher.ts"), dir, ...args], {
    cwd: root,
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const code = await new Promise<number | null | undefined>((resolve) => {
    child.stdout.on("data", () => /^up /m.test(output) && resolve(undefined));
    child.once("exit", resolve);
  });
  const pids = JSON.parse(/^up (.*)$/m.exec(output)?.[1] ?? "{}");
  return { child, output, code, pids };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals) {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

describe("The edition", () => {
  test("starts, says where each part is, refuses a second start beside it, and stops without a trace", async () => {
    const first = await launch();
    expect(Object.keys(first.pids).sort()).toEqual(["chat", "livekit-server", "mail", "postgres", "storage"]);
    expect(first.output).toMatch(/^ {2}postgres +ready +[\d.]+ s {2}127\.0\.0\.1:\d+$/m);

    const second = await launch();
    expect(second.code).toBe(1);
    expect(second.output).toMatch(/already runs in this folder, at http:\/\/127\.0\.0\.1:\d+/);

    const marks = Object.values(first.pids).map(markOf);
    expect(marks.map(runs)).toEqual(marks.map(() => true));
    await kill(first.child, "SIGTERM");
    expect(marks.map(runs)).toEqual(marks.map(() => false));
    expect(fs.existsSync(path.join(dir, "launcher.json"))).toBe(false);
  });

  test("starts again after its launcher was killed, on the same ports, with the data that it had", async () => {
    const first = await launch("unguarded");
    const url = /^DATABASE_URL=(.*)$/m.exec(fs.readFileSync(path.join(dir, "env"), "utf8"))![1]!;
    await query(url, "create table kept (word text); insert into kept values ('still here')");
    const ports = fs.readFileSync(path.join(dir, "ports.json"), "utf8");
    const left = Object.values(first.pids).map(markOf);
    await kill(first.child, "SIGKILL");
    expect(left.map(runs)).toEqual(left.map(() => true));

    const second = await launch();
    expect(second.output).toContain("ended what an earlier run left behind");
    expect(left.map(runs)).toEqual(left.map(() => false));
    expect(fs.readFileSync(path.join(dir, "ports.json"), "utf8")).toBe(ports);
    expect(await query(url, "select word from kept")).toEqual([{ word: "still here" }]);
    await kill(second.child, "SIGTERM");
  });

  test("ends by itself when its launcher is killed, while the next one waits for that", async () => {
    const first = await launch();
    const left = Object.values(first.pids).map(markOf);
    await kill(first.child, "SIGKILL");
    const second = await launch();
    expect(second.code).toBeUndefined();
    expect(left.map(runs)).toEqual(left.map(() => false));
    const marks = Object.values(second.pids).map(markOf);
    await kill(second.child, "SIGKILL");
    for (let tries = 0; marks.some(runs) && tries < 300; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(marks.map(runs)).toEqual(marks.map(() => false));
  });

  test("starts again after everything was killed at once, also beside a stale postmaster.pid", async () => {
    const first = await launch("unguarded");
    first.child.kill("SIGKILL");
    for (const pid of Object.values(first.pids)) process.kill(pid, "SIGKILL");
    const lock = path.join(dir, "postgres", "postmaster.pid");
    const lines = fs.readFileSync(lock, "utf8").split("\n");
    // Its number is a stranger's by now.
    fs.writeFileSync(lock, [process.pid, ...lines.slice(1)].join("\n"));
    const second = await launch();
    expect(second.code).toBeUndefined();
    await kill(second.child, "SIGTERM");
  });

  test("is emptied when it has stopped, and not before; its ports and keys stay", async () => {
    const read = (name: string) => fs.readFileSync(path.join(dir, name), "utf8");
    const url = () => /^DATABASE_URL=(.*)$/m.exec(read("env"))![1]!;
    const first = await launch();
    await query(url(), "create table if not exists kept (word text)");
    const before = { ports: read("ports.json"), env: read("env") };
    await expect(resetData(dir)).rejects.toThrow(/already runs in this folder/);
    expect(await query(url(), "select to_regclass('kept') is not null as there")).toEqual([{ there: true }]);
    await kill(first.child, "SIGTERM");

    for (const name of ["storage", "mail"]) fs.writeFileSync(path.join(dir, name, "left"), "");
    await resetData(dir);
    expect(["storage", "mail"].filter((name) => fs.existsSync(path.join(dir, name)))).toEqual([]);
    const second = await launch();
    expect(await query(url(), "select to_regclass('kept') is not null as there")).toEqual([{ there: false }]);
    expect({ ports: read("ports.json"), env: read("env") }).toEqual(before);
    await kill(second.child, "SIGTERM");
  });

  test("brings each killed part back, and uses what the environment gives instead of a part", async () => {
    const own = fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-edition-"));
    onTestFinished(() => fs.rmSync(own, { recursive: true, force: true }));
    const lines: string[] = [];
    const edition = await startEdition({
      dir: own,
      ports: "fresh",
      onLine: (line) => lines.push(line),
      without: ["recorder", "web", "worker", "build", "seed"],
      env: { SMTP_URL: "smtp://user:hidden@mail.example:2525", HOST_GRACE_SECONDS: "7" },
    });
    onTestFinished(() => edition.stop());
    expect(edition.parts().sort()).toEqual(["chat", "livekit-server", "postgres", "storage"]);
    expect(lines.find((line) => /^ +mail/.test(line))).toMatch(
      /given: smtp:\/\/mail\.example:2525 \(SMTP_URL\)$/,
    );
    expect(edition.env).toMatchObject({ HOST_GRACE_SECONDS: "7", MAIL_WEB_URL: "" });
    expect(fs.statSync(path.join(own, "env")).mode & 0o777).toBe(0o600);

    const before = edition.parts().map((name) => edition.part(name).pid);
    for (const name of edition.parts()) edition.part(name).kill("SIGKILL");
    await Promise.all(edition.parts().map((name) => edition.part(name).waitUntilReady()));
    const after = edition.parts().map((name) => edition.part(name).pid);
    expect(after.some((pid) => before.includes(pid))).toBe(false);
    expect(await query(edition.env.DATABASE_URL, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("that cannot start one part ends the others and says why", async () => {
    const own = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-edition-")));
    onTestFinished(() => fs.rmSync(own, { recursive: true, force: true }));
    const start = startEdition({
      dir: own,
      ports: "fresh",
      without: ["recorder", "web", "worker", "build", "seed", "livekit-server", "chat"],
      env: { DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing" },
    });
    await expect(start).rejects.toThrow(/migrations failed/);
    expect(await endLeftovers(own)).toEqual([]);
    expect(fs.existsSync(path.join(own, "launcher.json"))).toBe(false);
  });
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query(text);
    return result.rows ?? [];
  } finally {
    await client.end();
  }
}
