import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEdition } from "#local/edition.ts";
import { openDatabase } from "#db/client.ts";
import type { Fault } from "./fault.ts";
import { brokenInvariants } from "./invariants.ts";

type Outcome = { fault: Fault; ok: boolean; did: string; saw: string; seconds: number };

const wanted = process.argv.slice(2).map((name) => name.toUpperCase());
const faults = (await loadFaults()).filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const unknown = wanted.filter((name) => !faults.some((fault) => fault.name === name));
if (unknown.length > 0) {
  console.error(`There is no fault ${unknown.join(", ")} here.`);
  process.exit(1);
}

const outcomes: Outcome[] = [];
for (const together of byEnvironment(faults)) outcomes.push(...(await runAll(together)));

outcomes.sort((a, b) => Number(a.fault.name.slice(1)) - Number(b.fault.name.slice(1)));
const failed = outcomes.filter(({ ok }) => !ok).length;
if (wanted.length === 0) await writeFile(path.join(import.meta.dirname, "results.md"), table(outcomes));
console.log(`\nfaults passed=${outcomes.length - failed} failed=${failed}`);
process.exit(failed > 0 || outcomes.length === 0 ? 1 : 0);

async function loadFaults(): Promise<Fault[]> {
  const files = (await readdir(import.meta.dirname)).filter((file) => /^F\d+\.ts$/.test(file));
  const found = await Promise.all(files.map(async (file) => (await import(`./${file}`)) as Fault));
  return found.sort((a, b) => Number(a.name.slice(1)) - Number(b.name.slice(1)));
}

/** Those that need the same environment share an edition. */
function byEnvironment(all: Fault[]): Fault[][] {
  const groups = Map.groupBy(all, ({ env }) => JSON.stringify(env ?? {}));
  return [...groups.values()];
}

async function runAll(together: Fault[]): Promise<Outcome[]> {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-faults-"));
  console.log("Starting an edition of its own …");
  const edition = await startEdition({ dir, ports: "fresh", env: together[0]?.env });
  const db = openDatabase(edition.env.DATABASE_URL ?? "");
  const done: Outcome[] = [];
  try {
    for (const fault of together) done.push(await runOne(fault, { edition, db }));
  } finally {
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
  return done;
}

async function runOne(
  fault: Fault,
  { edition, db }: { edition: Awaited<ReturnType<typeof startEdition>>; db: ReturnType<typeof openDatabase> },
): Promise<Outcome> {
  console.log(`\n${fault.name}  ${fault.title}`);
  const begun = performance.now();
  const seconds = () => Math.round((performance.now() - begun) / 100) / 10;
  try {
    const tools = {
      edition,
      db,
      web: { url: edition.url },
      env: edition.env,
      say: (line: string) => console.log(`     ${line}`),
    };
    const { did, saw } = await fault.run(tools);
    const broken = await brokenInvariants(db, edition.env);
    console.log(`     did: ${did}\n     saw: ${saw}`);
    for (const sentence of broken) console.log(`     INVARIANT BROKEN: ${sentence}`);
    console.log(`     ${broken.length === 0 ? "held" : "BROKEN"}, ${seconds()} s`);
    return { fault, ok: broken.length === 0, did, saw: [saw, ...broken].join("; "), seconds: seconds() };
  } catch (error) {
    console.log(`     BROKEN after ${seconds()} s: ${(error as Error).stack ?? String(error)}`);
    return { fault, ok: false, did: "", saw: (error as Error).message, seconds: seconds() };
  }
}

function table(all: Outcome[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const rows = all.map(
    ({ fault, ok, did, saw, seconds }) =>
      `| ${fault.name} | ${cell(fault.title)} | ${cell(did)} | ${cell(saw)} | ${ok ? "held" : "broken"} | ${seconds} |`,
  );
  const head = ["| # | fault | what was done | what was seen | promise | s |", "|--|--|--|--|--|--|"];
  return [`# Faults, run on ${new Date().toISOString().slice(0, 10)}`, "", ...head, ...rows, ""].join("\n");
}
