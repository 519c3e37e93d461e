import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describeMachine, describeRun, mergeSections } from "#tests/results.ts";
import type { Bench, Measured } from "./bench.ts";

const [wanted, ...args] = process.argv.slice(2);
const benches = await loadBenches();
const chosen = wanted ? benches.filter(({ name }) => name === wanted) : benches;
if (chosen.length === 0) {
  console.error(`There is no bench "${wanted}". There are: ${benches.map(({ name }) => name).join(", ")}.`);
  process.exit(1);
}

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
    await keep(bench, measured, line);
    console.log(line);
  } catch (error) {
    console.error(`  ${(error as Error).stack ?? String(error)}`);
    broken.push(bench.name);
  }
}
if (broken.length > 0) console.error(`\nCould not be measured: ${broken.join(", ")}.`);
process.exit(broken.length > 0 ? 1 : 0);

/** A file of this folder that exports a bench is one; the others are what benches are made of. */
async function loadBenches(): Promise<Bench[]> {
  const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith(".bench.ts")).sort();
  return Promise.all(files.map(async (file) => (await import(`./${file}`)) as Bench));
}

/** Its section in the file of results. */
async function keep({ name, title }: Bench, { rows, missed }: Measured, line: string): Promise<void> {
  const section = [
    `## ${name}`,
    "",
    `${title}.`,
    "",
    `Measured on ${describeRun()}.`,
    "",
    "| what | value |",
    "|--|--|",
    ...rows.map(({ what, value }) => `| ${what} | ${value} |`),
    "",
    ...missed.map((sentence) => `Goal missed: ${sentence}`),
    ...(missed.length ? [""] : []),
    "```",
    line,
    "```",
  ].join("\n");
  const file = path.join(import.meta.dirname, "results.md");
  const head = [
    "# Benches",
    "",
    describeMachine(),
    "Machines are shared and noisy: ratios and counts count, absolute times inform.",
  ];
  const names = benches.map((bench) => bench.name);
  await writeFile(
    file,
    mergeSections(await readFile(file, "utf8"), { head, names, done: { [name]: section } }),
  );
}
