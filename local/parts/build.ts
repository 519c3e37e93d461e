import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runOnce, type Place } from "../part.ts";
import { readMark, runs, writeMark } from "../processes.ts";
import { root } from "../root.ts";

const folder = path.join(root, "build");
const stamp = path.join(folder, "fingerprint");
const lock = path.join(root, "node_modules", ".frontrow-build.json");

/** Builds the web app when what it is made of has changed since the last build. Resolves with whether it did. */
export async function runBuild(place: Place): Promise<boolean> {
  const wanted = fingerprint();
  if (built() === wanted) return false;
  // Editions of one checkout share the build.
  for (let holder = readMark(lock); holder && runs(holder); holder = readMark(lock)) {
    await wait(200);
    if (built() === wanted) return false;
  }
  writeMark(lock, process.pid);
  try {
    const cli = path.join(root, "node_modules", "@remix-run", "dev", "dist", "cli.js");
    const env: Record<string, string | undefined> = { ...process.env, NODE_ENV: "production" };
    delete env.VITEST;
    fs.rmSync(stamp, { force: true });
    await runOnce("build", { file: process.execPath, args: [cli, "vite:build"], env, cwd: root }, place);
    // What changed while it was building is built next time.
    fs.writeFileSync(stamp, wanted);
    return true;
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function built(): string | undefined {
  const whole = ["client", "server/index.js"].every((name) => fs.existsSync(path.join(folder, name)));
  return whole && fs.existsSync(stamp) ? fs.readFileSync(stamp, "utf8") : undefined;
}

/** Of everything that goes into the build, by content: a checkout changes times without changing files. */
export function fingerprint(base = root): string {
  const hash = createHash("sha256").update(process.version);
  const files = ["package-lock.json", "package.json", "remix.config.js", "vite.config.ts", "tsconfig.json"];
  for (const source of ["app", "public"]) {
    const found = fs.existsSync(path.join(base, source))
      ? fs.readdirSync(path.join(base, source), { recursive: true })
      : [];
    files.push(
      ...found
        .map((file) => path.join(source, String(file)))
        .filter((file) => !/\.test\.tsx?$/.test(file))
        .sort(),
    );
  }
  for (const file of files) {
    const full = path.join(base, file);
    if (!fs.existsSync(full) || !fs.statSync(full).isFile()) continue;
    const bytes = fs.readFileSync(full);
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}
