import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDatabase } from "#db/client.ts";
import { startEditionBehindProxy } from "#tests/edition-behind-proxy.ts";
import { describeMachine, describeRun, mergeRows } from "#tests/results.ts";
import { withoutWebhooks, withoutWebhooksSwitch } from "#tests/without-webhooks.ts";
import type { Fault, Tools } from "./fault.ts";
import { lookAtInvariants, type Looked } from "./invariants.ts";
import { startProfileWriter } from "./profile-writer.ts";

type Outcome = { fault: Fault; ok: boolean; did: string; saw: string; seconds: number };

const wanted = process.argv
  .slice(2)
  .filter((word) => word !== withoutWebhooksSwitch)
  .map((name) => name.toUpperCase());
const all = await loadFaults();
const faults = all.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const unknown = wanted.filter((name) => !faults.some((fault) => fault.name === name));
if (unknown.length > 0) {
  console.error(`There is no fault ${unknown.join(", ")} here.`);
  process.exit(1);
}

const table = [
  "| # | fault | what was done | what was seen | promise | s | when |",
  "|--|--|--|--|--|--|--|",
];
const outcomes: Outcome[] = [];
for (const together of byEnvironment(faults)) outcomes.push(...(await runAll(together)));

const failed = outcomes.filter(({ ok }) => !ok).length;
console.log(["", ...table, ...outcomes.map(rowOf)].join("\n"));
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
    ...(withoutWebhooks() && { webhooks: false }),
  });
  // This process also passes on what storage, web and browsers say to each other: of a connection of its own, which takes it
  // many turns, each can be seconds late where both cores are busy.
  const db = openDatabase(edition.env.DATABASE_URL ?? "", { connectMs: 30_000 });
  const done: Outcome[] = [];
  try {
    for (const fault of together) {
      const outcome = await runOne(fault, { edition, db, storage, store });
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
  const tools = {
    ...{ edition, db, storage, store, env: edition.env },
    web: { url: edition.url },
    say: (line: string) => console.log(`     ${line}`),
  };
  const writer = await startProfileWriter(tools);
  const done = await fault.run(tools).catch((error: Error) => error);
  storage.calm();
  const looked = [await writer.stop(), ...(await lookAtInvariants(tools))];
  const failed = done instanceof Error;
  if (failed) console.log(`     BROKEN after ${seconds()} s: ${done.stack ?? String(done)}`);
  else console.log(`     did: ${done.did}\n     saw: ${done.saw}`);
  for (const line of looked.flatMap(linesOf)) console.log(`     ${line}`);
  const broken = looked.flatMap((each) => each.broken);
  const ok = !failed && broken.length === 0;
  console.log(`     ${ok ? "held" : "BROKEN"}, ${seconds()} s`);
  const { did, saw } = failed ? { did: "", saw: done.message } : done;
  return { fault, ok, did, saw: [saw, ...broken].join("; "), seconds: seconds() };
}

function linesOf({ promise, saw, broken }: Looked): string[] {
  return [
    `${broken.length === 0 ? "holds" : "INVARIANT BROKEN"}: ${promise} (${saw})`,
    ...broken.map((sentence) => `  ${sentence}`),
  ];
}

function rowOf({ fault, ok, did, saw, seconds }: Outcome): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const cells = [fault.title, did, saw, ok ? "held" : "broken", String(seconds), describeRun()];
  return `| ${[fault.name, ...cells.map(cell)].join(" | ")} |`;
}

/** Its row in the file of results; without webhooks in another one, so that both can be read. */
async function keep(outcome: Outcome): Promise<void> {
  const name = withoutWebhooks() ? "without-webhooks.results.md" : "results.md";
  const file = path.join(import.meta.dirname, name);
  const title = withoutWebhooks() ? "# Faults, without webhooks of LiveKit and the recorder" : "# Faults";
  const head = [title, "", describeMachine(), "", ...table];
  const names = all.map((fault) => fault.name);
  const before = await readFile(file, "utf8").catch(() => "");
  await writeFile(file, mergeRows(before, { head, names, done: { [outcome.fault.name]: rowOf(outcome) } }));
}
