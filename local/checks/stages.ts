import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { descendantsOf, signal } from "../processes.ts";
import { root } from "../root.ts";
import { prepareChromium } from "./chromium.ts";
import { playwrightCount, vitestCount, type Count } from "./counts.ts";

export type Stage = { name: string; run: () => Promise<Count> };

/** Nothing hangs for ever; on a machine that is busy with other work the pages take twice their time. */
const patience = 25 * 60_000;

/** Everything that `npm test` does, in its order: what is quick, and says most, first. */
export const stages: Stage[] = [
  { name: "format", run: () => check("prettier/bin/prettier.cjs", ["--check", "--log-level", "warn", "."]) },
  { name: "lint", run: () => check("eslint/bin/eslint.js", [".", "--max-warnings", "0"]) },
  { name: "types", run: () => check("typescript/bin/tsc", ["--noEmit", "-p", "."]) },
  { name: "unit", run: () => vitest("unit") },
  { name: "integration", run: () => vitest("integration") },
  { name: "e2e", run: playwright },
];

/** A program that is one check: it counts as one, passed or failed. */
async function check(program: string, args: string[]): Promise<Count> {
  const code = await node(program, args, {});
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function vitest(project: string): Promise<Count> {
  return withReport(async (report) => {
    const args = [
      "run",
      "--project",
      project,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ];
    return vitestCount(report, await node("vitest/vitest.mjs", args, {}));
  });
}

async function playwright(): Promise<Count> {
  const without = prepareChromium((line) => console.log(line));
  if (without) {
    console.error(without);
    return { passed: 0, failed: 1 };
  }
  return withReport(async (report) => {
    const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: report, PLAYWRIGHT_JSON_OUTPUT_NAME: report };
    return playwrightCount(
      report,
      await node("@playwright/test/cli.js", ["test", "--reporter=list,json"], env),
    );
  });
}

async function withReport(run: (file: string) => Promise<Count>): Promise<Count> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-report-"));
  try {
    return await run(path.join(folder, "report.json"));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

let running: number | undefined;

/** Asks the program that runs now to end; what it leaves behind ends by itself. */
export function stopRunning(): void {
  if (running) signal(running, "SIGTERM");
}

/** Runs a package's program with its output shown. Resolves with its exit code; one that hangs is ended. */
function node(program: string, args: string[], env: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [path.join(root, "node_modules", program), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  running = child.pid;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      console.error(`${program} did not end within ${patience / 60_000} minutes and is stopped.`);
      const pid = child.pid ?? 0;
      for (const each of pid ? [...descendantsOf(pid), pid] : []) signal(each, "SIGKILL");
    }, patience);
    child.once("error", (error) => {
      clearTimeout(timer);
      console.error(error.message);
      resolve(1);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      running = undefined;
      resolve(code ?? 1);
    });
  });
}
