import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { descendantsOf, editionVariable, runs, markOf, signal, writeMark } from "./processes.ts";

export type Command = {
  file: string;
  args: string[];
  env?: Record<string, string | undefined>;
  cwd?: string;
  uid?: number;
  gid?: number;
};

export type PartSpec = {
  name: string;
  command: Command;
  /** Where it is reached, for the line that tells that it is there. */
  where?: string;
  /** Asks once whether it is ready. `printed` is what it has printed since it was last started. */
  isReady: (printed: () => string) => Promise<boolean>;
  /** Milliseconds until a first start that is not ready counts as failed. */
  readyWithin?: number;
  stopSignal?: NodeJS.Signals;
  /** Milliseconds between asking it to stop and killing it. */
  stopWithin?: number;
  /** Pauses before each new start of a part that died, in milliseconds; the last one repeats. */
  backoff?: number[];
  /** What must be put right before a dead part can start again. */
  beforeRestart?: () => Promise<void>;
};

/** The folder of an edition, and where lines about it go. */
export type Place = {
  dir: string;
  onLine: (line: string) => void;
  /** Once aborted, no further process is started. */
  closing?: AbortSignal;
};

/** One running program of the edition: its process is replaced by a new one, with backoff, whenever it dies. */
export type Part = {
  readonly name: string;
  readonly where: string | undefined;
  /** The present process; undefined while there is none. */
  readonly pid: number | undefined;
  readonly log: string;
  /** Sends a signal to the process, with `whole` also to everything that it started. */
  kill(name?: NodeJS.Signals, options?: { whole?: boolean }): void;
  /** Stops the process, and everything that it started, where it stands (SIGSTOP). */
  pause(): void;
  resume(): void;
  /** Resolves when the part answers; after a kill, when its next process does. */
  waitUntilReady(timeout?: number): Promise<void>;
  /** Ends it properly and starts it anew. `env`: from then on these are in its environment as well, as after a deploy. */
  restart(more?: { env?: Record<string, string> }): Promise<void>;
  /** Ends it properly; it stays away until `start`. */
  stop(): Promise<void>;
  start(more?: { env?: Record<string, string> }): Promise<void>;
};

const calmAfter = 20_000;
const fatal: NodeJS.Signals[] = ["SIGKILL", "SIGTERM", "SIGINT", "SIGQUIT", "SIGABRT", "SIGHUP"];

/** Starts the part and resolves when it is ready. Throws with the end of its log when it ends before, or is not in time. */
export async function startPart(spec: PartSpec, place: Place): Promise<Part> {
  const log = path.join(place.dir, "logs", `${spec.name}.log`);
  const mark = path.join(place.dir, "pids", `${spec.name}.json`);
  const backoff = spec.backoff ?? [300, 1_000, 2_000, 5_000, 10_000, 30_000];
  let child: ChildProcess | undefined;
  let wanted = true;
  let ready = false;
  let deaths = 0;
  let restartTimer: NodeJS.Timeout | undefined;
  let waiting: (() => void)[] = [];
  /** What it was given besides at its last starts. */
  let given: Record<string, string> = {};

  fs.mkdirSync(path.dirname(log), { recursive: true });

  /** Starts a process and follows it until it is ready (true) or has ended (false). */
  async function launch(): Promise<boolean> {
    if (place.closing?.aborted) return false;
    rotate(log);
    fs.appendFileSync(log, `--- ${new Date().toISOString()} ${path.basename(spec.command.file)} starts\n`, {
      mode: 0o600,
    });
    const from = fs.statSync(log).size;
    // Written by the process itself, not through a pipe, which would break when this launcher is killed.
    const out = fs.openSync(log, "a", 0o600);
    const { file, args, env, cwd, uid, gid } = spec.command;
    const own = spawn(file, args, {
      cwd,
      uid,
      gid,
      env: marked({ ...(env ?? process.env), ...given }, place),
      stdio: ["ignore", out, out],
      detached: true,
    });
    fs.closeSync(out);
    child = own;
    ready = false;
    let over = false;
    const began = Date.now();
    if (own.pid !== undefined) writeMark(mark, own.pid);
    own.once("error", (error) => {
      fs.appendFileSync(log, `${error.message}\n`);
      over = true;
      ended(own, began, error.message);
    });
    own.once("exit", (code, by) => {
      over = true;
      ended(own, began, by ?? `code ${code}`);
    });

    const printed = () => readFrom(log, from);
    while (!over) {
      if (await spec.isReady(printed).catch(() => false)) {
        if (over || child !== own) return false;
        ready = true;
        for (const resolve of waiting.splice(0)) resolve();
        return true;
      }
      await wait(Date.now() - began < 2_000 ? 30 : 150);
      if (child !== own) return false;
    }
    return false;
  }

  function ended(own: ChildProcess, began: number, how: string) {
    if (child !== own) return;
    const pid = own.pid;
    child = undefined;
    ready = false;
    // What the dead process had started must not go on beside its successor.
    if (pid !== undefined) signal(-pid, "SIGKILL");
    fs.rmSync(mark, { force: true });
    if (!wanted || !born || place.closing?.aborted) return;
    deaths = Date.now() - began > calmAfter ? 1 : deaths + 1;
    const pause = backoff[Math.min(deaths, backoff.length) - 1] ?? 1_000;
    tell(`died (${how}); it is started again in ${pause / 1000} s; its log: ${log}`);
    restartTimer = setTimeout(again, pause);
  }

  async function again() {
    const began = Date.now();
    await spec.beforeRestart?.().catch((error: Error) => tell(error.message));
    if (!wanted || child || place.closing?.aborted) return;
    if (await launch()) tell(`runs again after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }

  const tell = (words: string) => {
    place.onLine(`${spec.name} ${words}`);
    fs.appendFileSync(log, `--- ${new Date().toISOString()} ${words}\n`);
  };

  async function end() {
    wanted = false;
    clearTimeout(restartTimer);
    const own = child;
    if (own?.pid === undefined) return;
    const process = markOf(own.pid);
    const below = descendantsOf(own.pid);
    for (const pid of [own.pid, ...below]) signal(pid, "SIGCONT");
    signal(own.pid, spec.stopSignal ?? "SIGTERM");
    const deadline = Date.now() + (spec.stopWithin ?? 5_000);
    while (child === own && runs(process) && Date.now() < deadline) await wait(15);
    for (const pid of [own.pid, ...below]) if (runs(process) || pid !== own.pid) signal(-pid, "SIGKILL");
    if (runs(process)) signal(own.pid, "SIGKILL");
    const last = Date.now() + 2_000;
    while (child === own && Date.now() < last) await wait(10);
  }

  async function begin({ env = {} }: { env?: Record<string, string> } = {}) {
    if (child) return part.waitUntilReady();
    given = { ...given, ...env };
    wanted = true;
    const within = spec.readyWithin ?? 30_000;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => (timer = setTimeout(() => resolve("late"), within)));
    const result = await Promise.race([launch(), late]);
    clearTimeout(timer);
    if (result === true) return;
    await end();
    const why = result === "late" ? `was not ready after ${within / 1000} s` : "ended while it was starting";
    throw new Error(`${spec.name} ${why}. The end of its log (${log}):\n${lastLines(log)}`);
  }

  const part: Part = {
    name: spec.name,
    where: spec.where,
    log,
    get pid() {
      return child?.pid;
    },
    kill(name = "SIGKILL", { whole = false } = {}) {
      if (child?.pid === undefined) return;
      if (fatal.includes(name)) ready = false;
      const pids = whole ? [child.pid, ...descendantsOf(child.pid)] : [child.pid];
      for (const pid of pids) signal(pid, name);
    },
    pause() {
      if (child?.pid === undefined) return;
      for (const pid of [child.pid, ...descendantsOf(child.pid)]) signal(pid, "SIGSTOP");
    },
    resume() {
      if (child?.pid === undefined) return;
      for (const pid of [...descendantsOf(child.pid), child.pid]) signal(pid, "SIGCONT");
    },
    waitUntilReady(timeout = 30_000) {
      if (ready) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting = waiting.filter((each) => each !== done);
          reject(new Error(`${spec.name} was not ready after ${timeout / 1000} s. ${lastLines(log)}`));
        }, timeout);
        const done = () => {
          clearTimeout(timer);
          resolve();
        };
        waiting.push(done);
      });
    },
    async restart(more) {
      await end();
      await begin(more);
    },
    stop: end,
    start: begin,
  };

  // Until it has once been ready there is nobody to start it again for: the whole start fails.
  let born = false;
  await begin();
  born = true;
  return part;
}

/** Runs a command to its end. Throws with the last lines that it printed when it fails. */
export async function runOnce(name: string, command: Command, place: Place): Promise<string> {
  if (place.closing?.aborted) throw new Error(`${name} was not started: everything is being stopped.`);
  const log = path.join(place.dir, "logs", `${name}.log`);
  const mark = path.join(place.dir, "pids", `${name}.json`);
  fs.mkdirSync(path.dirname(log), { recursive: true });
  rotate(log);
  fs.appendFileSync(log, `--- ${new Date().toISOString()} ${path.basename(command.file)} starts\n`, {
    mode: 0o600,
  });
  const from = fs.statSync(log).size;
  const out = fs.openSync(log, "a", 0o600);
  const { file, args, env, cwd, uid, gid } = command;
  const child = spawn(file, args, {
    cwd,
    uid,
    gid,
    env: marked(env, place),
    stdio: ["ignore", out, out],
    detached: true,
  });
  fs.closeSync(out);
  if (child.pid !== undefined) writeMark(mark, child.pid);
  const how = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, by) => resolve(code === 0 ? "" : (by ?? `code ${code}`)));
  });
  fs.rmSync(mark, { force: true });
  if (how) throw new Error(`${name} failed (${how}); its log is ${log}:\n${complaint(log, from)}`);
  return readFrom(log, from);
}

/** The child's environment, with what makes it known as part of this edition. */
function marked(env: Command["env"], place: Place): NodeJS.ProcessEnv {
  return Object.assign({} as NodeJS.ProcessEnv, env ?? process.env, { [editionVariable]: place.dir });
}

const mostLog = 8 * 1024 * 1024;

function rotate(log: string) {
  if (fs.existsSync(log) && fs.statSync(log).size > mostLog) fs.renameSync(log, `${log}.1`);
}

function readFrom(log: string, from: number): string {
  const file = fs.openSync(log, "r");
  try {
    const bytes = Buffer.alloc(Math.max(0, fs.fstatSync(file).size - from));
    return bytes.toString("utf8", 0, fs.readSync(file, bytes, 0, bytes.length, from));
  } finally {
    fs.closeSync(file);
  }
}

/** From the first line that speaks of an error, else the end. */
function complaint(log: string, from: number): string {
  const lines = readFrom(log, from).trimEnd().split("\n");
  const first = lines.findIndex((line) => /error/i.test(line));
  const shown = first < 0 ? lines.slice(-15) : lines.slice(first, first + 15);
  return shown.map((line) => `    ${line.slice(0, 400)}`).join("\n");
}

export function lastLines(log: string, count = 15): string {
  try {
    const lines = fs.readFileSync(log, "utf8").trimEnd().split("\n").slice(-count);
    return lines.map((line) => `    ${line.slice(0, 400)}`).join("\n");
  } catch {
    return "    (nothing was written)";
  }
}
