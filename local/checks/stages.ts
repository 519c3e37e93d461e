import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { descendantsOf, signal } from "../processes.ts";
import { root } from "../root.ts";
import { prepareChromium } from "./chromium.ts";
import { playwrightCount, vitestCount, type Count } from "./counts.ts";

/** Takes what a program says, piece by piece. Without one it goes to the terminal as it comes. */
export type Listen = (said: Buffer) => void;
export type Stage = { name: string; run: (listen?: Listen) => Promise<Count> };

/** Nothing hangs for ever; on a machine that is busy with other work the pages take twice their time. */
const patience = 25 * 60_000;

/** Everything that `npm test` does, in its order: what is quick, and says most, first. What stands in one line runs at once. */
export const stages: Stage[][] = [
  [
    check("format", "prettier/bin/prettier.cjs", ["--check", "--log-level", "warn", "."]),
    check("lint", "eslint/bin/eslint.js", [".", "--max-warnings", "0"]),
    // The compiler that takes a third of the time; typescript-eslint still needs the one before it.
    check("types", "typescript-7/bin/tsc", ["--noEmit", "-p", "."]),
  ],
  [vitest("unit")],
  [vitest("integration")],
  [vitest("recorder")],
  [playwright("e2e")],
];

/** A program that is one check: it counts as one, passed or failed. */
function check(name: string, program: string, args: string[]): Stage {
  return {
    name,
    run: async (listen) => {
      const code = await node(program, args, { listen });
      return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
    },
  };
}

function vitest(project: string): Stage {
  const run = (listen?: Listen) =>
    withReport(async (report) => {
      const json = ["--reporter=json", `--outputFile.json=${report}`];
      const args = ["run", "--project", project, "--reporter=default", ...json];
      return vitestCount(report, await node("vitest/vitest.mjs", args, { listen }));
    });
  return { name: project, run };
}

function playwright(name: string): Stage {
  const run = async (listen?: Listen) => {
    const without = prepareChromium((line) => console.log(line));
    if (without) {
      console.error(without);
      return { passed: 0, failed: 1 };
    }
    return withReport(async (report) => {
      const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: report, PLAYWRIGHT_JSON_OUTPUT_NAME: report };
      const args = ["test", "--reporter=list,json"];
      return playwrightCount(report, await node("@playwright/test/cli.js", args, { env, listen }));
    });
  };
  return { name, run };
}

async function withReport(run: (file: string) => Promise<Count>): Promise<Count> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-report-"));
  try {
    return await run(path.join(folder, "report.json"));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const running = new Set<number>();

/** Asks the programs that run now to end; what they leave behind ends by itself. */
export function stopRunning(): void {
  for (const pid of running) signal(pid, "SIGTERM");
}

type Options = { env?: Record<string, string>; listen?: Listen | undefined };

/** Runs a package's program. Resolves with its exit code; one that hangs is ended. */
function node(program: string, args: string[], { env = {}, listen }: Options): Promise<number> {
  const output = listen ? "pipe" : "inherit";
  const child = spawn(process.execPath, [path.join(root, "node_modules", program), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", output, output],
  });
  if (listen) for (const stream of [child.stdout, child.stderr]) stream?.on("data", listen);
  const pid = child.pid ?? 0;
  if (pid) running.add(pid);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      console.error(`${program} did not end within ${patience / 60_000} minutes and is stopped.`);
      for (const each of pid ? [...descendantsOf(pid), pid] : []) signal(each, "SIGKILL");
    }, patience);
    child.once("error", (error) => {
      clearTimeout(timer);
      console.error(error.message);
      resolve(1);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      running.delete(pid);
      resolve(code ?? 1);
    });
  });
}
