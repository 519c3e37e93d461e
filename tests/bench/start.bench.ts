import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres } from "#local/parts/postgres.ts";
import { type Bench, type Measured, median, round } from "./bench.ts";
import { pause } from "./processes.ts";

export const name = "start";
export const title = "npm start to the first 200 of the front page";

const root = path.join(import.meta.dirname, "../..");
const rounds = 3;

export const run: Bench["run"] = async ({ say, args }): Promise<Measured> => {
  const folder = mkdtempSync(path.join(tmpdir(), "frontrow-bench-"));
  const checkout = path.join(folder, "checkout");
  try {
    execFileSync("git", ["clone", "--quiet", root, checkout]);
    if (args.includes("--first")) return await first(checkout, folder, say);
    say("setting up a checkout …");
    cpSync(path.join(root, "node_modules"), path.join(checkout, "node_modules"), {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
    });
    await ended((await start(checkout)).child);

    const second: number[] = [];
    for (let time = 0; time < rounds; time++) {
      const { child, ms } = await start(checkout);
      second.push(ms);
      say(`start ${time + 1} of ${rounds}: ${ms} ms`);
      await ended(child);
    }

    const afterKill: number[] = [];
    for (let time = 0; time < rounds; time++) {
      const { child } = await start(checkout);
      killAll(child, checkout);
      await pause(1000);
      const again = await start(checkout);
      afterKill.push(again.ms);
      say(`after kill -9 of everything, ${time + 1} of ${rounds}: ${again.ms} ms`);
      await ended(again.child);
    }

    const postgres: number[] = [];
    for (let time = 0; time <= rounds; time++) {
      const begun = performance.now();
      const server = await startPostgres({ dir: path.join(folder, "postgres") });
      // The first one makes its data.
      if (time > 0) postgres.push(performance.now() - begun);
      await server.stop();
    }

    const keys = {
      second_ms: round(median(second)),
      after_kill_ms: round(median(afterKill)),
      postgres_ms: round(median(postgres)),
    };
    const missed = [];
    if (keys.second_ms > 10_000) missed.push(`second ${keys.second_ms} ms, goal at most 10 000`);
    if (keys.after_kill_ms > 15_000) missed.push(`after_kill ${keys.after_kill_ms} ms, goal at most 15 000`);
    return {
      keys,
      rows: [
        { what: "on data that is set up, ms", value: second.join(", ") },
        { what: "after kill -9 of everything, ms", value: afterKill.join(", ") },
        { what: "the same Postgres alone, ms", value: postgres.map((ms) => round(ms)).join(", ") },
      ],
      missed,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** From an empty cache: packages, programs and data are made. */
async function first(checkout: string, folder: string, say: (line: string) => void): Promise<Measured> {
  const caches = {
    npm_config_cache: path.join(folder, "npm"),
    XDG_CACHE_HOME: path.join(folder, "cache"),
    GOPATH: path.join(folder, "go"),
    GOCACHE: path.join(folder, "go-build"),
    GOFLAGS: "-modcacherw",
  };
  say("starting from empty caches …");
  const { child, ms } = await start(checkout, caches);
  await ended(child);
  return {
    keys: { first_ms: ms },
    rows: [{ what: "from an empty cache, ms", value: String(ms) }],
    missed: ms > 360_000 ? [`first ${ms} ms, goal at most 360 000`] : [],
  };
}

async function start(
  checkout: string,
  env: Record<string, string> = {},
): Promise<{ child: ChildProcess; ms: number }> {
  const begun = performance.now();
  const child = spawn("npm", ["start"], {
    cwd: checkout,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit"],
    detached: true,
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}`);
    if (await answers(checkout)) return { child, ms: round(performance.now() - begun) };
    await pause(50);
  }
}

async function answers(checkout: string): Promise<boolean> {
  try {
    const env = readFileSync(path.join(checkout, ".local/env"), "utf8");
    const url = /^PUBLIC_URL="?([^"\n]+)/m.exec(env)?.[1];
    return url !== undefined && (await fetch(url, { signal: AbortSignal.timeout(1000) })).status === 200;
  } catch {
    return false;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  process.kill(-child.pid!, "SIGINT");
  await gone;
}

/** Everything that belongs to a checkout: each process that was started in its folder or names it. */
function killAll(child: ChildProcess, checkout: string): void {
  process.kill(-child.pid!, "SIGKILL");
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const folder = readlinkSync(`/proc/${pid}/cwd`);
      if (command.includes(checkout) || folder.startsWith(checkout)) process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}
