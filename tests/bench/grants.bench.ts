import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CompiledQuery, createQueryId, type RootOperationNode, sql } from "kysely";
import { type Db, openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { type Bench, type Measured, median, percentile, round } from "./bench.ts";
import { questionsOf } from "./grant-questions.ts";
import { fill, fillMs, grants } from "./million-grants.ts";

export const name = "grants";
export const title = "Pages and searches of a creator with 1 000 000 grants, half of them of one pass";

const rounds = 20;

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  const without = ["web", "worker", "recorder", "chat", "livekit-server", "storage", "mail", "build", "seed"];
  const edition = await startEdition({ dir, ports: "fresh", without: without as never });
  const db = openDatabase(edition.env.DATABASE_URL, { max: 1, patienceMs: fillMs });
  try {
    say(`writing ${grants} grants …`);
    const { spaceId } = await fill(db);
    const passId = await fillOnePass(db, spaceId);
    const noted: RootOperationNode[] = [];
    const noting = db.withPlugin({
      transformQuery: ({ node }) => (noted.push(node), node),
      transformResult: ({ result }) => Promise.resolve(result),
    });
    const rows: Measured["rows"] = [];
    const all: number[] = [];
    const scanned: string[] = [];
    const { rows: half } = await sql<{ id: string }>`
      select id from access_grants where access_pass_id = ${passId} order by id desc offset ${grants / 4}::int limit 1
    `.execute(db);
    for (const { what, ask } of questionsOf(noting, { spaceId, passId, middle: half[0]!.id })) {
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        noted.length = 0;
        const begun = performance.now();
        await ask();
        times.push(performance.now() - begun);
      }
      all.push(...times);
      const plans: string[] = [];
      for (const node of noted) plans.push(await planOf(db, node));
      const whole = plans.flatMap((plan) => plan.match(/Seq Scan on (?:access_grants|users)\b/g) ?? []);
      if (whole.length > 0) scanned.push(`${what}: ${whole.join(", ")}`);
      const indexes = plans.flatMap((plan) => plan.match(/(?<=using |Scan on )\w+(?= )/g) ?? []);
      const used = [...new Set(indexes)].filter((index) => /^(access_grants|users)_/.test(index));
      rows.push({
        what,
        value: `${round(median(times), 1)} / ${round(percentile(times, 0.99), 1)}; ${used.join(", ")}`,
      });
      say(`${what}: ${rows.at(-1)!.value}`);
    }
    const worst = Math.max(...all);
    return {
      keys: {
        p50_ms: round(median(all), 1),
        p99_ms: round(percentile(all, 0.99), 1),
        worst_ms: round(worst, 1),
      },
      rows: [{ what: "question", value: "median / p99, ms; indexes" }, ...rows],
      missed: [
        ...(percentile(all, 0.99) > 100
          ? [`p99 ${round(percentile(all, 0.99), 1)} ms, goal at most 100`]
          : []),
        ...scanned.map((where) => `a table was read whole: ${where}`),
      ],
    };
  } finally {
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** Half of all grants, one of each way and state, go to one pass, and its holders get names. */
async function fillOnePass(db: Db, spaceId: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    insert into access_passes (space_id, slug, name) values (${spaceId}, 'for-all', 'For all') returning id
  `.execute(db);
  const passId = rows[0]!.id;
  await sql`
    update users set name = (array['Ada','Grace','Edsger','Barbara','Mara'])[1 + length(email) % 5] || ' Number ' || id
    where email ~ '^person-[0-9]+@'
  `.execute(db);
  await sql`
    insert into users (email, name)
    select 'guest-' || n || '@mail.example', 'Guest ' || n from generate_series(1, ${grants / 2}::int) n
  `.execute(db);
  await sql`delete from access_grants where id in (select id from access_grants limit ${grants / 2}::int)`.execute(
    db,
  );
  await sql`
    insert into access_grants (access_pass_id, user_id, source, status, starts_at, ends_at)
    select ${passId}::uuid, id, (array['claim','given','request'])[1 + n % 3]::access_grant_source,
      (case when n % 50000 = 7 then 'refunded' when n % 10 = 1 then 'expired' else 'active' end)::access_grant_status,
      now() - interval '2 days',
      case when n % 10 = 1 then now() - interval '1 day' when n % 4 = 0 then now() + interval '3 days' when n % 4 = 1 then now() + interval '30 days' end
    from (select id, row_number() over (order by id) as n from users where email like 'guest-%') guests
  `.execute(db);
  await sql`vacuum analyze`.execute(db);
  return passId;
}

/** What Postgres does for a statement, with the plan that serves whatever is asked for. */
async function planOf(db: Db, node: RootOperationNode): Promise<string> {
  const { sql: text, parameters } = db.getExecutor().compileQuery(node, createQueryId());
  const explain = CompiledQuery.raw(`explain (analyze, costs off) ${text}`, [...parameters]);
  const { rows } = await db.executeQuery<{ "QUERY PLAN": string }>(explain);
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}
