import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import autocannon from "autocannon";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { insertGrant, insertPeople, insertUser, signIn } from "#tests/factories.ts";
import { type Bench, type Measured, median, round } from "./bench.ts";
import { loadedBy } from "./loaded-by.ts";
import { startScript } from "./processes.ts";

export const name = "watch";
export const title =
  "Signed-in viewers load the live watch page, each over and over on one of 32 connections";

const connections = 32;
const rounds = 4;
const seconds = 12;

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh", without: ["recorder", "worker"] });
  const db = openDatabase(edition.env.DATABASE_URL ?? "");
  try {
    const { path: watchPath, pass } = await insertPeople(db, { status: "live" });
    const cookies: string[] = [];
    // Each another person: what several ask in the same words is asked once.
    for (let viewers = 0; viewers < connections; viewers += 1) {
      const { id: userId } = await insertUser(db);
      await insertGrant(db, { passId: pass.id, userId });
      cookies.push((await signIn(db, userId)).cookie);
    }
    const [cookie = ""] = cookies;
    const page = await ask(edition.url + watchPath, cookie);
    const frozen = path.join(dir, "loaded.json");
    await writeFile(frozen, JSON.stringify(await loadedBy(edition.url, watchPath, cookie)));
    const bare = await startScript(path.join(import.meta.dirname, "bare-web.ts"), ["frozen", frozen]);
    const bareSize = (await ask(bare.line + watchPath, cookie)).length;
    if (Math.abs(bareSize - page.length) > page.length * 0.05)
      throw new Error(`the baseline's page has ${bareSize} bytes, ours ${page.length}: not the same markup`);

    const ours: Round[] = [];
    const base: Round[] = [];
    await fire(edition.url + watchPath, cookies, 3);
    await fire(bare.line + watchPath, cookies, 3);
    for (let round = 1; round <= rounds; round++) {
      ours.push(await fire(edition.url + watchPath, cookies, seconds));
      base.push(await fire(bare.line + watchPath, cookies, seconds));
      say(`round ${round} of ${rounds}: ${ours.at(-1)!.rps} a second, bare ${base.at(-1)!.rps}`);
    }
    await bare.stop();

    const rps = median(ours.map((each) => each.rps));
    const baseRps = median(base.map((each) => each.rps));
    const ratio = median(ours.map((each, index) => each.rps / base[index]!.rps));
    const p99 = median(ours.map((each) => each.p99));
    return {
      keys: { ratio: round(ratio, 2), rps: round(rps), p99_ms: round(p99, 1), base_rps: round(baseRps) },
      rows: [
        { what: "page, KiB", value: String(round(page.length / 1024, 1)) },
        { what: "requests a second", value: String(round(rps)) },
        { what: "the same markup without loader work", value: String(round(baseRps)) },
        { what: "p99, ms", value: String(round(p99, 1)) },
      ],
      missed: ratio < 0.7 ? [`ratio ${round(ratio, 2)}, goal at least 0.7`] : [],
    };
  } finally {
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

type Round = { rps: number; p99: number };

async function fire(url: string, cookies: string[], duration: number): Promise<Round> {
  let client = 0;
  const result = await autocannon({
    ...{ url, connections, duration },
    setupClient: (each) => each.setHeaders({ cookie: cookies[client++ % cookies.length]! }),
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} refusals and ${result.errors} errors`);
  return { rps: result.requests.average, p99: result.latency.p99 };
}

async function ask(url: string, cookie: string): Promise<string> {
  const answer = await fetch(url, { headers: { cookie } });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return answer.text();
}
