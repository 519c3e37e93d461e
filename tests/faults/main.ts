import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDatabase } from "#db/client.ts";
import { startEditionBehindProxy } from "#tests/edition-behind-proxy.ts";
import { describeMachine, describeRun, mergeRows } from "#tests/results.ts";
import type { Fault, Tools } from "./fault.ts";
import { brokenInvariants } from "./invariants.ts";

type Outcome = { fault: Fault; ok: boolean; did: string; saw: string; seconds: number };

const wanted = process.argv.slice(2).map((name) => name.toUpperCase());
const all = await loadFaults();
const faults = all.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const unknown = wanted.filter((name) => !faults.some((fault) => fault.name === name));
if (unknown.length > 0) {
  console.error(`There is no fault ${unknown.join(", ")} here.`);
  process.exit(1);
}

const outcomes: Outcome[] = [];
for (const together of byEnvironment(faults)) outcomes.push(...(await runAll(together)));

const failed = outcomes.filter(({ ok }) => !ok).length;
console.log(`\nfaults passed=${outcomes.length - failed} failed=${failed}`);
process.exit(failed > 0 || outcomes.length === 0 ? 1 : 0);

async function loadFaults(): Promise<Fault[]> {
  const files = (await readdir(import.meta.dirname)).filter((file) => /^F\d+\.ts$/.test(file));
  const found = await Promise.all(files.map(async (file) => (await import(`./${file}`)) as Fault));
  return found.sort((a, b) => Number(a.name.slice(1)) - Number(b.name.slice(1)));
}

/** Those that need the same edition share one. */
function byEnvironment(chosen: Fault[]): Fault[][] {
  const groups = Map.groupBy(chosen, ({ env, edition }) => JSON.stringify([env, edition]));
  return [...groups.values()];
}

async function runAll(together: Fault[]): Promise<Outcome[]> {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-faults-"));
  console.log("Starting an edition of its own …");
  const { edition, storage, store, stop } = await startEditionBehindProxy({
    dir,
    ports: "fresh",
    env: together[0]?.env,
    ...together[0]?.edition,
  });
  // This process also passes on what browsers, web and storage say to each other: on a full machine a handshake of its own,
  // which takes it six turns, can take seconds.
  const db = openDatabase(edition.env.DATABASE_URL ?? "", { connectMs: 30_000 });
  const done: Outcome[] = [];
  try {
    for (const fault of together) {
      const outcome = await runOne(fault, { edition, db, storage, store });
      storage.calm();
      await keep(outcome);
      done.push(outcome);
    }
  } finally {
    await db.destroy();
    await stop();
    await rm(dir, { recursive: true, force: true });
  }
  return done;
}

async function runOne(
  fault: Fault,
  { edition, db, storage, store }: Pick<Tools, "edition" | "db" | "storage" | "store">,
): Promise<Outcome> {
  console.log(`\n${fault.name}  ${fault.title}`);
  const begun = performance.now();
  const seconds = () => Math.round((performance.now() - begun) / 100) / 10;
  try {
    const tools = {
      edition,
      db,
      storage,
      store,
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

/** Its row in the file of results. */
async function keep({ fault, ok, did, saw, seconds }: Outcome): Promise<void> {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const cells = [fault.title, did, saw, ok ? "held" : "broken", String(seconds), describeRun()];
  const row = `| ${[fault.name, ...cells.map(cell)].join(" | ")} |`;
  const file = path.join(import.meta.dirname, "results.md");
  const head = [
    "# Faults",
    "",
    describeMachine(),
    "",
    "| # | fault | what was done | what was seen | promise | s | when |",
    "|--|--|--|--|--|--|--|",
  ];
  const names = all.map(({ name }) => name);
  await writeFile(
    file,
    mergeRows(await readFile(file, "utf8"), { head, names, done: { [fault.name]: row } }),
  );
}
