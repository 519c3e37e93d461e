import { type Stage, stages, stopRunning } from "./checks/stages.ts";
import type { Count } from "./checks/counts.ts";

const wanted = process.argv.slice(2);
const names = stages.flat().map(({ name }) => name);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length) {
  console.error(`There is no stage ${unknown.join(", ")}. There are: ${names.join(", ")}.`);
  process.exit(1);
}

// A stage hears of a terminal's Ctrl-C by itself, but not of a signal to this process.
let stopped = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (!stopped) stopRunning();
    stopped = true;
  });
}

const counts: { name: string; count: Count; seconds: number }[] = [];
for (const line of stages) {
  const wantedHere = line.filter(({ name }) => !wanted.length || wanted.includes(name));
  if (stopped || !wantedHere.length) continue;
  if (wantedHere.length === 1) await runShown(wantedHere[0]!);
  else await Promise.all(wantedHere.map(runBeside));
}

async function runShown({ name, run }: Stage) {
  showTitle(name);
  await timed(name, run);
}

/** What stages say that run at once is shown stage by stage. */
async function runBeside({ name, run }: Stage) {
  const said: Buffer[] = [];
  await timed(name, () => run((piece) => said.push(piece)));
  showTitle(name);
  process.stdout.write(Buffer.concat(said));
}

function showTitle(name: string) {
  console.log(`\n── ${name} ${"─".repeat(60 - name.length)}`);
}

async function timed(name: string, run: () => Promise<Count>) {
  const began = Date.now();
  const count = await run();
  counts.push({ name, count, seconds: (Date.now() - began) / 1000 });
}

// Once more at the end, where a build machine that keeps only the last lines still shows it.
for (const { name, count } of counts) {
  for (const { test, said } of count.failures ?? []) {
    console.log(`\nfailed in ${name}: ${test}\n${said.replace(/^/gm, "  ")}`);
  }
}

console.log("");
for (const { name, count, seconds } of counts) {
  const skipped = count.skipped ? `, ${count.skipped} skipped` : "";
  console.log(
    `${name.padEnd(12)} ${count.passed} passed, ${count.failed} failed${skipped} (${seconds.toFixed(1)} s)`,
  );
}
const sum = (key: "passed" | "failed") => counts.reduce((total, { count }) => total + count[key], 0);
const failed = sum("failed") + (stopped ? 1 : 0);
if (stopped) console.log("Stopped before the end.");
console.log(`${sum("passed")} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
