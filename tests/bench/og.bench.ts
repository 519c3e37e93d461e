import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { insertPeople, insertStream } from "#tests/factories.ts";
import { type Bench, type Measured, median, percentile, round } from "./bench.ts";

export const name = "og";
export const title = "The picture drawn for a stream, cold and cached, one after the other";

const many = 60;
/** Each with a number, so that no two pictures are the same. */
const titles = [
  "Colour grading for people who shoot at night",
  "Hi",
  "Everything that one can say of light, shade and colour, and then some more of it",
  "🎬 Film night",
];
/** Their letters are in dozens of font files, of which each picture reads others. */
const titlesOfElsewhere = [
  "東京の夜を撮る ライブ配信のカラーグレーディング入門",
  "色彩分级与你：灯光、镜头与直播",
  "مرحبا بكم في البث المباشر",
];

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh", without: ["recorder", "worker"] });
  const db = openDatabase(edition.env.DATABASE_URL ?? "");
  try {
    const { path: first, people, experience } = await insertPeople(db, { status: "scheduled" });
    const folder = first.slice(0, first.lastIndexOf("/"));
    const insert = async (title: string) => {
      const of = { experienceId: experience.id, createdBy: people.owner.id };
      const { slug } = await insertStream(db, { ...of, title });
      return `${edition.url}${folder}/${slug}/picture.png?v=1`;
    };
    const insertMany = (from: string[]) =>
      Promise.all(Array.from({ length: many }, (_, at) => insert(`${from[at % from.length]} ${at}`)));
    const [addresses, elsewhere] = [await insertMany(titles), await insertMany(titlesOfElsewhere)];

    const firstMs = (await timed(`${edition.url}${first}/picture.png?v=1`)).ms;
    say(`the first of all, with the process that draws: ${round(firstMs)} ms`);
    const cold = await all(addresses);
    say(`${many} for the first time: ${round(median(cold.times))} ms each`);
    const far = await all(elsewhere);
    say(`${many} in letters of East Asia and Arabia: ${round(median(far.times))} ms each`);
    const cached = await all(addresses);
    say(`the first ${many} again: ${round(median(cached.times), 1)} ms each`);

    const coldMs = median(cold.times);
    return {
      keys: {
        ...{ cold_ms: round(coldMs), cached_ms: round(median(cached.times), 1) },
        ...{ cold_p95_ms: round(percentile(cold.times, 0.95)), far_ms: round(median(far.times)) },
        first_ms: round(firstMs),
      },
      rows: [
        { what: "cold, ms: median, p95, slowest", value: shares(cold.times) },
        { what: "cold in letters of East Asia and Arabia, ms", value: shares(far.times) },
        { what: "cached, ms", value: shares(cached.times, 1) },
        { what: "the first of a process, ms", value: String(round(firstMs)) },
        { what: "a picture, KiB", value: String(round(median(cold.sizes) / 1024, 1)) },
      ],
      missed: coldMs > 300 ? [`cold ${round(coldMs)} ms, goal at most 300`] : [],
    };
  } finally {
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

const shares = (times: number[], digits = 0) =>
  [median(times), percentile(times, 0.95), Math.max(...times)].map((ms) => round(ms, digits)).join(", ");

async function all(addresses: string[]) {
  const answers: { ms: number; bytes: number }[] = [];
  for (const address of addresses) answers.push(await timed(address));
  return { times: answers.map(({ ms }) => ms), sizes: answers.map(({ bytes }) => bytes) };
}

async function timed(address: string): Promise<{ ms: number; bytes: number }> {
  const begun = performance.now();
  const answer = await fetch(address);
  const { byteLength } = await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`a picture was answered with ${answer.status}`);
  return { ms: performance.now() - begun, bytes: byteLength };
}
