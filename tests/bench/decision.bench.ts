import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CompiledQuery, createQueryId, type RootOperationNode, sql } from "kysely";
import { findAccess } from "#app/domain/access/decision.ts";
import { type Db, openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { type Bench, type Measured, median, percentile, round } from "./bench.ts";
import { fill, fillMs, grants } from "./million-grants.ts";

export const name = "decision";
export const title = "The access decision with 1 000 000 grants and 10 000 streams";

const questions = 2_000;
const rounds = 3;

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  const without = ["web", "worker", "recorder", "chat", "livekit-server", "storage", "mail", "build", "seed"];
  const edition = await startEdition({ dir, ports: "fresh", without: without as never });
  const db = openDatabase(edition.env.DATABASE_URL, { max: 1, patienceMs: fillMs });
  try {
    say(`writing ${grants} grants …`);
    await fill(db);
    const pairs = await choosePairs(db);
    const decision: number[] = [];
    const lookup: number[] = [];
    const timed = async (times: number[], work: () => Promise<unknown>) => {
      const begun = performance.now();
      await work();
      times.push(performance.now() - begun);
    };
    const yes = { grant: 0, other: 0 };
    const ask = async (pair: (typeof pairs)[number]) => {
      const access = await findAccess(db, pair);
      yes[access?.reason === "grant" ? "grant" : "other"] += 1;
    };
    const find = ({ userId }: (typeof pairs)[number]) =>
      sql`select id, email from users where id = ${userId}::uuid`.execute(db);
    for (const pair of pairs.slice(0, 200)) await Promise.all([ask(pair), find(pair)]);
    for (let turn = 0; turn < rounds; turn += 1) {
      for (const pair of pairs) await timed(decision, () => ask(pair));
      for (const pair of pairs) await timed(lookup, () => find(pair));
      say(`round ${turn + 1} of ${rounds}`);
    }
    if (yes.grant === 0 || yes.other === 0)
      throw new Error("all questions had the same answer: this measured nothing");
    const [p50, p99] = [median(decision), percentile(decision, 0.99)];
    return {
      keys: { p99_ms: round(p99, 2), ratio: round(p50 / median(lookup), 2) },
      rows: [
        { what: "decision, median and p99, ms", value: `${round(p50, 2)} / ${round(p99, 2)}` },
        {
          what: "primary-key lookup, median and p99, ms",
          value: `${round(median(lookup), 2)} / ${round(percentile(lookup, 0.99), 2)}`,
        },
        { what: "answers: a grant, something else", value: `${yes.grant}, ${yes.other}` },
        { what: "plan", value: await planOf(db, pairs[0]!) },
      ],
      missed: p99 > 5 ? [`p99 ${round(p99, 2)} ms, goal at most 5`] : [],
    };
  } finally {
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** Half of the questions are of people about a stream that a grant of theirs is for. */
async function choosePairs(db: Db): Promise<{ userId: string; streamId: string }[]> {
  const { rows } = await sql<{ userId: string; streamId: string }>`
    (select g.user_id as "userId", (select s.id from streams s join access_pass_experiences pe on pe.experience_id = s.experience_id
        where pe.access_pass_id = g.access_pass_id limit 1) as "streamId"
      from access_grants g order by md5(g.id::text) limit ${questions / 2}::int)
    union all
    (select u.id, s.id from (select id, row_number() over (order by md5(id::text)) n from users limit ${questions / 2}::int) u
      join (select id, row_number() over (order by md5(id::text)) n from streams) s on s.n = u.n)
  `.execute(db);
  return rows;
}

/** What Postgres does for one question: the names of its steps, the indexes, and how long it took. */
async function planOf(db: Db, pair: { userId: string; streamId: string }): Promise<string> {
  let asked: RootOperationNode | undefined;
  const noting = db.withPlugin({
    transformQuery: ({ node }) => (asked = node),
    transformResult: ({ result }) => Promise.resolve(result),
  });
  await findAccess(noting, pair);
  const { sql: text, parameters } = db.getExecutor().compileQuery(asked!, createQueryId());
  const explain = CompiledQuery.raw(`explain (analyze, costs off, summary on) ${text}`, [...parameters]);
  const { rows } = await db.executeQuery<{ "QUERY PLAN": string }>(explain);
  const lines = rows.map((row) => row["QUERY PLAN"].trim());
  const steps = lines.filter((line) => /Scan|Execution Time/.test(line));
  return steps.map((line) => line.replace(/^->\s+/, "").replace(/ \(actual.*/, "")).join("; ");
}
