import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { mostAtOnce } from "#app/domain/mail/deliver.ts";
import { type Claim, dueQuery } from "#app/domain/mail/due.ts";
import { planMailings } from "#app/domain/mail/planning.ts";
import { type Db, openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { insertPeople } from "#tests/factories.ts";
import { type Bench, type Measured, median, percentile, round } from "./bench.ts";
import { fillMs } from "./million-grants.ts";

export const name = "due";
export const title =
  "What is due, at 1 000 000 people with reminders of 2 000 streams, 1 000 000 mails sent and as many waiting";

const people = 1_000_000;
const streams = 2_000;
const rounds = 150;

export const run: Bench["run"] = async ({ say, args }): Promise<Measured> => {
  // As many as a worker takes in one go.
  const most = Number(args[0] ?? mostAtOnce);
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  const without = ["web", "worker", "recorder", "chat", "livekit-server", "storage", "mail", "build", "seed"];
  const edition = await startEdition({ dir, ports: "fresh", without: without as never });
  const db = openDatabase(edition.env.DATABASE_URL, { max: 1, patienceMs: fillMs });
  try {
    say(`writing ${people} people who come to ${streams} streams …`);
    await fill(db);
    const nothing: number[] = [];
    const found: number[] = [];
    let claimed = 0;
    const claim = async (times: number[]) => {
      const begun = performance.now();
      const { rows } = await dueQuery(most).execute(db);
      times.push(performance.now() - begun);
      await settle(db, rows);
      return rows.length;
    };
    for (let warm = 0; warm < 20; warm += 1) await claim([]);
    for (let turn = 0; turn < rounds; turn += 1) {
      await claim(nothing);
      await sql`
        update mailings set due_at = clock_timestamp() where id = (
          select id from mailings where spread_at is null and minutes_before = 10 and due_at > now()
          order by md5(id::text || ${turn}::text) limit 1
        )`.execute(db);
      for (let many = most; many > 0; claimed += many) many = await claim(found);
      if (turn % 50 === 49) say(`round ${turn + 1} of ${rounds}`);
    }
    if (claimed < rounds * 100) throw new Error(`only ${claimed} mails were due: this measured nothing`);
    const all = [...nothing, ...found];
    const p99 = percentile(all, 0.99);
    return {
      keys: { p99_ms: round(p99, 2) },
      rows: [
        {
          what: "something is due: median and p99, ms",
          value: `${round(median(found), 2)} / ${round(percentile(found, 0.99), 2)}`,
        },
        {
          what: "nothing is due: median and p99, ms",
          value: `${round(median(nothing), 2)} / ${round(percentile(nothing, 0.99), 2)}`,
        },
        { what: `mails claimed, at most ${most} at a time`, value: String(claimed) },
        { what: "plan", value: await planOf(db, most) },
      ],
      missed: p99 > 10 ? [`p99 ${round(p99, 2)} ms, goal at most 10`] : [],
    };
  } finally {
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** As a worker does it when they are sent. */
async function settle(db: Db, claims: readonly Claim[]): Promise<void> {
  if (claims.length === 0) return;
  await sql`
    update mails m set outcome = 'sent', next_at = null, settled_at = clock_timestamp()
    from unnest(
      ${claims.map(({ mailingId }) => mailingId)}::uuid[], ${claims.map(({ personId }) => personId)}::uuid[]
    ) as k (mailing_id, person_id)
    where m.mailing_id = k.mailing_id and m.person_id = k.person_id`.execute(db);
}

/** Each person comes to one stream in some days; another million mails were sent long ago, and as many wait for later. */
async function fill(db: Db): Promise<void> {
  const { people: cast, experience } = await insertPeople(db, { status: "ended" });
  await sql`
    insert into streams (experience_id, slug, title, starts_at, wall_time, time_zone, length_minutes, created_by)
    select ${experience.id}::uuid, 'stream-' || n, 'Stream ' || n, now() + interval '10 days' + n * interval '1 minute',
      '2030-01-01T12:00', 'UTC', 60, ${cast.owner.id}::uuid
    from generate_series(1, ${streams}::int) n`.execute(db);
  await sql`insert into users (email) select 'comer-' || n || '@example.com' from generate_series(1, ${people}::int) n`.execute(
    db,
  );
  await sql`
    with s as (select id, row_number() over (order by id) as n from streams where slug like 'stream-%'),
      u as (select id, row_number() over (order by email) as n from users where email like 'comer-%')
    insert into coming (stream_id, person_id, since, mail_planned_at)
    select s.id, u.id, now() - interval '1 day', now() from u join s on s.n = 1 + u.n % ${streams}`.execute(
    db,
  );
  while ((await planMailings(db)) > 0);
  await sql`
    with old as (
      insert into mailings (kind, stream_id, schedule_version, due_at, expires_at, spread_at)
      select 'moved', id, v, now() - interval '30 days', now() + interval '30 days', now() - interval '30 days'
      from streams cross join generate_series(8, 9) v where slug like 'stream-%'
      returning id, stream_id, schedule_version
    )
    insert into mails (mailing_id, person_id, next_at, outcome, settled_at, accepted_at)
    select old.id, c.person_id, case when schedule_version = 9 then now() + interval '20 days' end,
      case when schedule_version = 8 then 'sent'::mail_outcome end,
      case when schedule_version = 8 then now() end, case when schedule_version = 8 then now() end
    from old join coming c on c.stream_id = old.stream_id`.execute(db);
  await sql`vacuum analyze`.execute(db);
}

/** The steps that look for what is due, the indexes, and how long all of it took. */
async function planOf(db: Db, most: number): Promise<string> {
  await sql`
    update mailings set due_at = clock_timestamp() where id = (
      select id from mailings where spread_at is null and minutes_before = 10 and due_at > now() limit 1)`.execute(
    db,
  );
  const { rows } = await sql<{ "QUERY PLAN": string }>`
    explain (analyze, costs off, summary on) ${dueQuery(most)}`.execute(db);
  const lines = rows.map((row) => row["QUERY PLAN"].trim());
  const steps = lines.filter((line) => /(Index|Seq|Bitmap).*Scan|Execution Time/.test(line));
  return steps.map((line) => line.replace(/^->\s+/, "").replace(/ \(actual.*/, "")).join("; ");
}
