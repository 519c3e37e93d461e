import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** A process that cannot be mistaken for a later one with the same number. */
export type ProcessMark = { pid: number; started: string };

/** Every process of an edition carries this variable with the edition's folder. */
export const editionVariable = "FRONTROW_EDITION";

/** What a process's start is known by, undefined when there is no such process (a dead one not yet reaped counts so). */
export function startOf(pid: number): string | undefined {
  if (process.platform === "linux") {
    const stat = statOf(pid);
    return stat && stat.state !== "Z" ? `${bootId()}:${stat.started}` : undefined;
  }
  try {
    const [state, ...started] = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    })
      .trim()
      .split(/\s+/);
    return state && !state.startsWith("Z") ? started.join(" ") : undefined;
  } catch {
    return undefined;
  }
}

export function markOf(pid: number): ProcessMark {
  return { pid, started: startOf(pid) ?? "" };
}

/** Whether exactly this process still runs. */
export function runs({ pid, started }: ProcessMark): boolean {
  return started !== "" && startOf(pid) === started;
}

export function writeMark(file: string, pid: number): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.new`, JSON.stringify(markOf(pid)));
  fs.renameSync(`${file}.new`, file);
}

export function readMark(file: string): ProcessMark | undefined {
  try {
    const { pid, started } = JSON.parse(fs.readFileSync(file, "utf8"));
    return Number.isInteger(pid) && pid > 1 && typeof started === "string" ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

/** Sends a signal to the process, or with a negative number to the group; nothing there is a normal outcome. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** The processes that this one started, and theirs, whatever group they are in. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const [child, parent] of parents()) children.set(parent, [...(children.get(parent) ?? []), child]);
  const found: number[] = [];
  const queue = [pid];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const below = children.get(next) ?? [];
    found.push(...below);
    queue.push(...below);
  }
  return found;
}

/** Ends these processes with all their groups: asked first, and after `patience` milliseconds killed. */
export async function endProcesses(marks: ProcessMark[], patience = 4_000): Promise<void> {
  const whole = new Map<number, ProcessMark>();
  for (const mark of marks.filter(runs)) {
    for (const pid of [mark.pid, ...descendantsOf(mark.pid)]) whole.set(pid, markOf(pid));
  }
  for (const { pid } of whole.values()) {
    signal(pid, "SIGCONT");
    // To Postgres SIGTERM means "wait for every client", SIGINT "close them".
    signal(pid, isPostgres(pid) ? "SIGINT" : "SIGTERM");
  }
  const deadline = Date.now() + patience;
  while ([...whole.values()].some(runs) && Date.now() < deadline) await wait(25);
  for (const mark of whole.values()) if (runs(mark)) signal(mark.pid, "SIGKILL");
  const end = Date.now() + 2_000;
  while ([...whole.values()].some(runs) && Date.now() < end) await wait(10);
}

/** Ends what an earlier run in this folder left behind. Says what it found. */
export async function endLeftovers(dir: string): Promise<string[]> {
  const pids = path.join(dir, "pids");
  const found = new Map<number, { name: string; mark: ProcessMark }>();
  for (const file of fs.existsSync(pids) ? fs.readdirSync(pids) : []) {
    const mark = readMark(path.join(pids, file));
    if (mark && runs(mark)) found.set(mark.pid, { name: path.basename(file, ".json"), mark });
  }
  for (const pid of carrying(dir)) {
    if (!found.has(pid)) found.set(pid, { name: "a process", mark: markOf(pid) });
  }
  await endProcesses([...found.values()].map(({ mark }) => mark));
  fs.rmSync(pids, { recursive: true, force: true });
  return [...found.values()].map(({ name }) => name);
}

/** Processes with the edition's variable: also those whose number could not be written down in time. Linux only. */
function carrying(dir: string): number[] {
  if (process.platform !== "linux") return [];
  const wanted = `${editionVariable}=${dir}`;
  return processNumbers().filter((pid) => {
    if (pid === process.pid || pid === process.ppid) return false;
    try {
      return fs.readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(wanted);
    } catch {
      return false;
    }
  });
}

export function commandOf(pid: number): string {
  try {
    if (process.platform === "linux")
      return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}

function isPostgres(pid: number): boolean {
  return /(^|\/)postgres(:|\s)/.test(commandOf(pid));
}

function parents(): [child: number, parent: number][] {
  if (process.platform === "linux") {
    return processNumbers().flatMap((pid): [number, number][] => {
      const stat = statOf(pid);
      return stat ? [[pid, stat.parent]] : [];
    });
  }
  return execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
}

function processNumbers(): number[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function statOf(pid: number): { state: string; parent: number; started: string } | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command stands in brackets and may itself contain any of them.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0]!, parent: Number(fields[1]), started: fields[19]! };
  } catch {
    return undefined;
  }
}

let boot: string | undefined;
/** Start times count from the boot, so after another boot the same number means another process. */
function bootId(): string {
  boot ??= fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return boot;
}
