import { execFileSync } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type Bench, type Measured, round } from "./bench.ts";

const [wanted, ...args] = process.argv.slice(2);
const benches = await loadBenches();
const chosen = wanted ? benches.filter(({ name }) => name === wanted) : benches;
if (chosen.length === 0) {
  console.error(`There is no bench "${wanted}". There are: ${benches.map(({ name }) => name).join(", ")}.`);
  process.exit(1);
}

const done: { bench: Bench; measured: Measured; line: string }[] = [];
const broken: string[] = [];
for (const bench of chosen) {
  console.log(`\n${bench.name}: ${bench.title}`);
  try {
    const measured = await bench.run({ say: (line) => console.log(`  ${line}`), args });
    const values = Object.entries(measured.keys);
    const unmeasured = values.filter(([, value]) => !Number.isFinite(value)).map(([key]) => key);
    if (unmeasured.length > 0) throw new Error(`could not measure ${unmeasured.join(", ")}`);
    const width = Math.max(...measured.rows.map(({ what }) => what.length));
    for (const { what, value } of measured.rows) console.log(`  ${what.padEnd(width)}  ${value}`);
    for (const sentence of measured.missed) console.log(`  goal missed: ${sentence}`);
    const line = `bench ${bench.name} ${values.map(([key, value]) => `${key}=${value}`).join(" ")}`;
    done.push({ bench, measured, line });
    console.log(line);
  } catch (error) {
    console.error(`  ${(error as Error).stack ?? String(error)}`);
    broken.push(bench.name);
  }
}
if (!wanted && broken.length === 0) await writeFile(path.join(import.meta.dirname, "results.md"), results());
if (broken.length > 0) console.error(`\nCould not be measured: ${broken.join(", ")}.`);
process.exit(broken.length > 0 ? 1 : 0);

/** A file of this folder that exports a bench is one; the others are what benches are made of. */
async function loadBenches(): Promise<Bench[]> {
  const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith(".bench.ts")).sort();
  return Promise.all(files.map(async (file) => (await import(`./${file}`)) as Bench));
}

function results(): string {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const cpu = os.cpus();
  const head = [
    `# Benches, ${new Date().toISOString().slice(0, 10)}`,
    "",
    `${cpu.length} cores (${cpu[0]?.model ?? "unknown"}), ${round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}, Node ${process.version}, commit ${commit}.`,
    "Machines are shared and noisy: ratios and counts count, absolute times inform.",
    "",
  ];
  const body = done.flatMap(({ bench, measured, line }) => [
    `## ${bench.name}`,
    "",
    `${bench.title}.`,
    "",
    "| what | value |",
    "|--|--|",
    ...measured.rows.map(({ what, value }) => `| ${what} | ${value} |`),
    "",
    ...measured.missed.map((sentence) => `Goal missed: ${sentence}`),
    ...(measured.missed.length ? [""] : []),
    "```",
    line,
    "```",
    "",
  ]);
  return [...head, ...body].join("\n");
}
