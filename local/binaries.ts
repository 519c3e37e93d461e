import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

export type Program = {
  /** What it is called on PATH and in the caches. */
  name: string;
  /** The Go package that it is built from, and the one release that was tried. */
  module: string;
  version: string;
  /** Words that end "Get it …". */
  elsewhere: string;
};

export const livekitServer: Program = {
  name: "livekit-server",
  module: "github.com/livekit/livekit-server/cmd/server",
  version: "1.13.5",
  elsewhere:
    "from https://github.com/livekit/livekit/releases or with `brew install livekit`, or set LIVEKIT_URL and its keys",
};

export const versitygw: Program = {
  name: "versitygw",
  module: "github.com/versity/versitygw/cmd/versitygw",
  version: "1.8.0",
  elsewhere: "from https://github.com/versity/versitygw/releases, or set S3_ENDPOINT and its keys",
};

type Search = {
  localCache: string;
  userCache?: string;
  path?: string;
  onLine?: (line: string) => void;
  closing?: AbortSignal;
};

/**
 * Where the program is: on PATH, in this checkout's cache, in the person's cache that all checkouts share; otherwise it
 * is built with Go into that cache. Throws one sentence that says how to get it when there is no Go.
 */
export async function findProgram(program: Program, search: Search): Promise<string> {
  const userCache = search.userCache ?? userCacheFolder();
  const cached = `${program.name}-${program.version}`;
  const found = [
    ...(search.path ?? process.env.PATH ?? "")
      .split(path.delimiter)
      .map((folder) => path.join(folder, program.name)),
    path.join(search.localCache, cached),
    path.join(search.localCache, program.name),
    path.join(userCache, cached),
  ].find(isProgram);
  if (found) return path.resolve(found);

  if (spawnSync("go", ["version"], { stdio: "ignore" }).status !== 0) {
    throw new Error(
      `${program.name} is not installed, and without Go (https://go.dev, 1.26 or newer) it cannot be built: ` +
        `get it ${program.elsewhere}.`,
    );
  }
  search.onLine?.(`${program.name} ${program.version} is built with Go, once: this takes a few minutes`);
  return build(program, { caches: [userCache, search.localCache], cached, closing: search.closing });
}

async function build(
  program: Program,
  { caches, cached, closing }: { caches: string[]; cached: string; closing?: AbortSignal },
): Promise<string> {
  const cache = caches.find(isWritable);
  if (!cache)
    throw new Error(`${program.name} cannot be built: neither ${caches.join(" nor ")} can be written to.`);
  // Go puts its result where GOBIN says, under the package's own name; two builds at once must not meet there.
  const place = fs.mkdtempSync(path.join(cache, "build-"));
  try {
    await new Promise<void>((resolve, reject) => {
      const go = spawn("go", ["install", `${program.module}@v${program.version}`], {
        env: { ...process.env, GOBIN: place, GOFLAGS: "" },
        stdio: ["ignore", "ignore", "pipe"],
        signal: closing,
      });
      let words = "";
      go.stderr.setEncoding("utf8").on("data", (text: string) => (words = (words + text).slice(-2_000)));
      go.once("error", reject);
      go.once("exit", (code) =>
        code === 0
          ? resolve()
          : reject(
              new Error(
                `${program.name} could not be built with Go; get it ${program.elsewhere}. Go said:\n${words}`,
              ),
            ),
      );
    });
    const [built] = fs.readdirSync(place);
    if (!built) throw new Error(`Go built ${program.name}, but left no program in ${place}.`);
    const target = path.join(cache, cached);
    fs.renameSync(path.join(place, built), target);
    return target;
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
}

export function userCacheFolder(): string {
  return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "frontrow", "bin");
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function isWritable(folder: string): boolean {
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
