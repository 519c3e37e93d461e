import path from "node:path";
import readline from "node:readline/promises";
import { resetData, startEdition, type Edition } from "./edition.ts";
import { holderOf } from "./lock.ts";
import { root } from "./root.ts";

const usage = `npm start               everything on this machine, set up first where needed
npm start -- --reset    the same, with all data emptied first (asks; with --yes it does not)`;

const dir = path.join(root, ".local");
const args = new Set(process.argv.slice(2));
for (const arg of args) {
  if (arg === "--help") fail(usage, 0);
  if (!["--reset", "--yes"].includes(arg)) fail(`${arg} is not known here.\n\n${usage}`);
}

const began = Date.now();
const stopping = new AbortController();
let edition: Edition | undefined;
let ending: Promise<void> | undefined;

// A terminal sends Ctrl-C to this process and to the one that started it, which hands it on: both are one wish.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => end(signal === "SIGINT" ? 130 : 0));
// The one that started this process was killed and can hand on nothing.
if (process.send) process.once("disconnect", () => end(1));

try {
  if (args.has("--reset")) await reset();
  console.log("Frontrow is starting.");
  edition = await startEdition({ dir, env: process.env, signal: stopping.signal, onLine: say });
  if (ending) await finish(0);
  summary(edition);
} catch (error) {
  if (stopping.signal.aborted) {
    say("Everything has stopped.");
    process.exit(130);
  }
  fail(error instanceof Error ? error.message : String(error));
}

function summary(running: Edition) {
  const { env, ports } = running;
  const local = `http://127.0.0.1:${ports.web}`;
  const mail = env.MAIL_WEB_URL
    ? `Read it at ${env.MAIL_WEB_URL}`
    : `It is sent through ${new URL(env.SMTP_URL).host}.`;
  const open = running.parts().includes("livekit-server")
    ? [
        "  Everything listens on 127.0.0.1 alone, except LiveKit's media ports:",
        `  tcp ${ports.livekitTcp} and udp ${ports.livekitUdp} are open on every network interface.`,
      ]
    : ["  Everything listens on 127.0.0.1 alone."];
  const lines = [
    "",
    `Frontrow runs, after ${((Date.now() - began) / 1000).toFixed(1)} s: ${env.PUBLIC_URL}`,
    ...(env.PUBLIC_URL === local ? [] : [`  On this machine: ${local}`]),
    "",
    "  Sign in as the demo creator  creator@frontrow.example",
    "       or as the demo viewer   viewer@frontrow.example, or with any other address:",
    `  the code comes by mail. ${mail}`,
    "",
    `  Addresses and keys: ${path.join(dir, "env")}`,
    `  Logs: ${path.join(dir, "logs")}`,
    ...open,
    "  Ctrl-C stops all of it.",
    "",
  ];
  say(lines.join("\n"));
}

async function reset() {
  const holder = holderOf(dir);
  if (holder)
    fail(`Frontrow runs (${holder.url ?? `process ${holder.pid}`}); stop it before its data is emptied.`);
  if (!args.has("--yes")) {
    if (!process.stdin.isTTY) fail("--reset empties all data. To do that without being asked, add --yes.");
    const terminal = readline.createInterface({ input: process.stdin, output: process.stdout });
    const answer = await terminal.question(
      `This deletes every stream, recording, person and mail of this checkout (${dir}).\nType yes to go on: `,
    );
    terminal.close();
    if (answer.trim().toLowerCase() !== "yes") fail("Nothing was deleted.");
  }
  await resetData(dir);
  say("All data was deleted.");
}

function end(code: number) {
  if (ending) return;
  stopping.abort();
  ending = (async () => {
    say("\nStopping everything.");
    if (edition) await finish(code);
  })();
}

async function finish(code: number) {
  await edition?.stop().catch((error: Error) => say(error.message));
  say("Everything has stopped.");
  process.exit(code);
}

/** Nobody may be left to read it. */
function say(text: string) {
  try {
    console.log(text);
  } catch {
    // A closed terminal.
  }
}

function fail(sentence: string, code = 1): never {
  if (code === 0) console.log(sentence);
  else console.error(sentence);
  process.exit(code);
}

process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
