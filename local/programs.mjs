import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

export const livekitServer = {
  name: "livekit-server",
  module: "github.com/livekit/livekit-server/cmd/server",
  version: "1.13.5",
  instead: "LIVEKIT_URL",
  elsewhere:
    "from https://github.com/livekit/livekit/releases or with `brew install livekit`, or set LIVEKIT_URL and its keys",
};

export const versitygw = {
  name: "versitygw",
  module: "github.com/versity/versitygw/cmd/versitygw",
  version: "1.8.0",
  instead: "S3_ENDPOINT",
  elsewhere: "from https://github.com/versity/versitygw/releases, or set S3_ENDPOINT and its keys",
};

/** Who builds renews their note so often; one that was not renewed for so long is of a build that was killed. */
const renewMs = 5_000;
const leftMs = 30_000;

/**
 * Where the program is: on PATH, in this checkout's cache, in the person's cache that all checkouts share; otherwise it
 * is built with Go into that cache. Throws one sentence that says how to get it when there is no Go.
 */
export async function findProgram(program, search) {
  const cached = `${program.name}-${program.version}`;
  const caches = [search.userCache ?? userCacheFolder(), search.localCache];
  const find = () =>
    [
      ...(search.path ?? process.env.PATH ?? "")
        .split(path.delimiter)
        .map((folder) => path.join(folder, program.name)),
      path.join(search.localCache, cached),
      path.join(search.localCache, program.name),
      path.join(caches[0], cached),
    ].find(isProgram);

  const found = find();
  if (found) return path.resolve(found);
  if (spawnSync("go", ["version"], { stdio: "ignore" }).status !== 0) {
    throw new Error(
      `${program.name} is not installed, and without Go (https://go.dev, 1.26 or newer) it cannot be built: ` +
        `get it ${program.elsewhere}.`,
    );
  }
  const cache = caches.find(isWritable);
  if (!cache)
    throw new Error(`${program.name} cannot be built: neither ${caches.join(" nor ")} can be written to.`);

  search.onLine?.(`${program.name} ${program.version} is built with Go, once: this takes a few minutes`);
  // Two builds at once would each make the packages that both need.
  for (;;) {
    const done = takeTurn(path.join(cache, "building"));
    if (done) {
      try {
        return (
          find() ?? (await build(program, { target: path.join(cache, cached), closing: search.closing }))
        );
      } finally {
        done();
      }
    }
    await wait(250, undefined, { signal: search.closing });
    const built = find();
    if (built) return built;
  }
}

/** The programs that this environment does not replace by one that runs elsewhere. */
export function neededPrograms(env) {
  return [versitygw, livekitServer].filter(({ instead }) => !env[instead]);
}

/** What ends one's own turn, which is noted in this file; undefined while another build goes on. */
function takeTurn(file) {
  for (;;) {
    try {
      fs.writeFileSync(file, "", { flag: "wx" });
      const renew = () => fs.utimes(file, new Date(), new Date(), () => {});
      const renewing = setInterval(renew, renewMs);
      return () => {
        clearInterval(renewing);
        fs.rmSync(file, { force: true });
      };
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!isLeft(file)) return undefined;
    fs.rmSync(file, { force: true });
  }
}

function isLeft(file) {
  const note = fs.statSync(file, { throwIfNoEntry: false });
  return note !== undefined && Date.now() - note.mtimeMs > leftMs;
}

async function build(program, { target, closing }) {
  // Go puts its result where GOBIN says, under the package's own name.
  const place = fs.mkdtempSync(path.join(path.dirname(target), "build-"));
  try {
    await new Promise((resolve, reject) => {
      // Without what only a debugger needs it takes a tenth less time and a third less room.
      const flags = ["-ldflags=-s -w", "-gcflags=all=-dwarf=false"];
      const go = spawn("go", ["install", ...flags, `${program.module}@v${program.version}`], {
        env: { ...process.env, GOBIN: place, GOFLAGS: "", CGO_ENABLED: "0" },
        stdio: ["ignore", "ignore", "pipe"],
        signal: closing,
      });
      // Whatever else is being set up meanwhile is done sooner than this.
      if (go.pid) os.setPriority(go.pid, 15);
      let words = "";
      go.stderr.setEncoding("utf8").on("data", (text) => (words = (words + text).slice(-2_000)));
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
    fs.renameSync(path.join(place, built), target);
    return target;
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
}

function userCacheFolder() {
  return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "frontrow", "bin");
}

function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function isWritable(folder) {
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
