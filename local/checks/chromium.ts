import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { chromium } from "@playwright/test";

// The headless shell first: it shows the same pages with a third less work.
const installed = [
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
];

/** The system's Chromium, or undefined for Playwright's own (which may be missing). */
export function systemChromium(): string | undefined {
  // Ubuntu's package is a script that wants snap.
  return installed.find((file) => fs.existsSync(file) && !isSnapScript(file));
}

/** Sees to it that there is a Chromium. Resolves with undefined, or a sentence that says why there is none. */
export function prepareChromium(say: (line: string) => void): string | undefined {
  if (systemChromium() || fs.existsSync(chromium.executablePath())) return undefined;
  if (process.getuid?.() === 0 && isDebian()) {
    say("Installing Chromium with apt-get.");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const apt = (...args: string[]) => run("apt-get", args, env);
    apt("update");
    for (const name of ["chromium-headless-shell", "chromium"]) {
      apt("install", "-y", "--no-install-recommends", name);
      if (systemChromium()) return undefined;
    }
    say("apt-get could not install it; trying Playwright's own.");
  }
  say("Installing Playwright's Chromium.");
  run(process.execPath, ["node_modules/@playwright/test/cli.js", "install", "chromium"], process.env);
  if (fs.existsSync(chromium.executablePath())) return undefined;
  return "There is no Chromium, and none could be installed: install it, or run `npx playwright install --with-deps chromium`.";
}

function run(file: string, args: string[], env: NodeJS.ProcessEnv) {
  const { status, stdout, stderr } = spawnSync(file, args, {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status !== 0) console.error(`${file} ${args[0]}: ${(stderr || stdout || "").trim().slice(-1_500)}`);
}

function isDebian(): boolean {
  try {
    return /^ID=debian$/m.test(fs.readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

function isSnapScript(file: string): boolean {
  const { size } = fs.statSync(file);
  return size < 10_000 && fs.readFileSync(file, "utf8").includes("snap");
}
