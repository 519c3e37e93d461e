// The way in for every command. It has no dependencies and runs on Node 20, so that a fresh clone needs nothing else:
// it installs the packages, and goes on with the Node 24 that they bring.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { whyInstall } from "./install.mjs";
import { findProgram, neededPrograms } from "./programs.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const programs = {
  start: "local/start.ts",
  test: "local/test.ts",
  bench: "tests/bench/main.ts",
  faults: "tests/faults/main.ts",
};

const [name, ...args] = process.argv.slice(2);
const program = programs[name];
if (!program) fail(`Say what to run: ${Object.keys(programs).join(", ")}.`);
if (Number(process.versions.node.split(".")[0]) < 20) {
  fail(
    `Frontrow needs Node 20 or newer to set itself up; this is Node ${process.version} (https://nodejs.org).`,
  );
}

const reason = whyInstall(root);
if (reason) {
  console.log(`Installing packages (${reason}): about 75 seconds from an empty cache.`);
  const began = Date.now();
  beginBuilds();
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  // Development packages too: the local edition and the tests are made of them.
  const install = spawn(
    npm,
    ["ci", "--no-audit", "--no-fund", "--loglevel=error", "--include=dev", "--include=optional"],
    { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
  );
  const code = await new Promise((resolve) => {
    install.once("error", (error) => fail(`npm could not be run: ${error.message}`));
    install.once("exit", resolve);
  });
  if (code !== 0) fail("The packages could not be installed; npm's words above say why.");
  console.log(`Installed packages in ${((Date.now() - began) / 1000).toFixed(1)} s.`);
}

const bin = join(root, "node_modules", ".bin");
const node = chooseNode();
const child = spawn(node, [join(root, program), ...args], {
  cwd: root,
  env: {
    ...process.env,
    PATH: [bin, process.env.PATH].join(delimiter),
    // A third of what web and worker need until they run is reading and compiling what has not changed since.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "node"),
  },
  // The open channel tells the program when this one was killed.
  stdio: ["inherit", "inherit", "inherit", "ipc"],
});

// A terminal's Ctrl-C reaches the program by itself; a signal to this process alone must be handed on.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => fail(`${node} could not be run: ${error.message}`));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));

// npm that was killed cannot hand anything on. Between npm and this process there can be a shell.
if (process.env.npm_lifecycle_event) {
  const above = ancestors();
  const watch = setInterval(() => {
    if (ancestors().join() === above.join()) return;
    clearInterval(watch);
    child.kill("SIGTERM");
  }, 500);
  watch.unref();
}

/** npm keeps one processor busy. Who needs what is built here waits for it then, and says what went wrong. */
function beginBuilds() {
  const closing = new AbortController();
  process.once("exit", () => closing.abort());
  for (const needed of neededPrograms(process.env)) {
    const search = { localCache: join(root, ".local", "bin"), onLine: console.log, closing: closing.signal };
    findProgram(needed, search).catch(() => {});
  }
}

function ancestors() {
  const parent = process.ppid;
  try {
    const stat = readFileSync(`/proc/${parent}/stat`, "utf8");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    if (!/^(ba|da|z)?sh$/.test(name)) return [parent];
    return [parent, stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]];
  } catch {
    return [parent];
  }
}

function chooseNode() {
  const installed = join(bin, "node");
  if (existsSync(installed) && versionOf(installed) >= 24) return installed;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  return fail(
    `Frontrow runs on Node 24, which its packages bring for Linux on x64 and arm64 only; this is ${process.platform} ` +
      `on ${process.arch} with Node ${process.version}. Install Node 24 (https://nodejs.org) and run this again.`,
  );
}

function versionOf(file) {
  const { stdout, status } = spawnSync(file, ["--version"], { encoding: "utf8" });
  return status === 0 ? Number(/^v(\d+)/.exec(stdout)?.[1] ?? 0) : 0;
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
