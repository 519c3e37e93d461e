import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { planMailings } from "#app/domain/mail/planning.ts";
import { type Db, openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { inFuture, insertPeople, insertStream } from "#tests/factories.ts";
import { type Bench, type Measured, median, round } from "./bench.ts";
import { fillMs } from "./million-grants.ts";
import { pause, startScript } from "./processes.ts";

export const name = "reminders";
export const title =
  "100 000 reminders due in one minute to a local SMTP server, the worker killed once in the middle; nodemailer alone with the same pool";

const reminders = 100_000;
const bareLetters = 10_000;
const file = (script: string) => path.join(import.meta.dirname, script);

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  const sink = await startScript(file("mail-sink.ts"));
  const [smtp, counted] = sink.line.split(" ");
  const ask = async (method = "GET") =>
    (await (await fetch(`http://127.0.0.1:${counted}/`, { method })).json()) as {
      taken: number;
      distinct: number;
    };
  /** Letters a second of nodemailer alone. */
  const bare = async () => {
    const alone = await startScript(file("bare-mailer.ts"), [smtp!, String(bareLetters)]);
    await alone.stop();
    return (bareLetters / Number(alone.line)) * 1000;
  };
  const without = ["web", "worker", "recorder", "chat", "livekit-server", "storage", "build", "seed"];
  const edition = await startEdition({
    dir,
    ports: "fresh",
    without: without as never,
    env: { SMTP_URL: `smtp://127.0.0.1:${smtp}`, LOG_LEVEL: "warn" },
  });
  const db = openDatabase(edition.env.DATABASE_URL, { patienceMs: fillMs });
  try {
    const rates = [await bare(), await bare()];
    say(`nodemailer alone: ${rates.map((rate) => round(rate)).join(", ")} letters a second`);
    say(`${reminders} people come to a stream …`);
    const streamId = await insertAudience(db);
    await ask("DELETE");

    const worker = await edition.addWorker();
    const begun = performance.now();
    await sql`
      update mailings set due_at = clock_timestamp()
      where stream_id = ${streamId} and kind = 'reminder' and minutes_before = 10`.execute(db);
    while ((await ask()).taken < reminders / 2) {
      if (performance.now() - begun > 240_000) throw new Error(`${(await ask()).taken} letters in 240 s`);
      await pause(20);
    }
    process.kill(worker.pid!, "SIGKILL");
    await pause(200);
    const atKill = await ask();
    // The edition starts it again by itself; what it has recorded until now is what it had recorded then.
    const recorded = await countOutcomes(db, "sent");
    const window = atKill.taken - recorded;
    say(`killed after ${atKill.taken} letters, of which ${window} were not recorded`);
    for (let settled = 0; settled < reminders; settled = await countSettled(db)) {
      if (performance.now() - begun > 400_000) throw new Error(`${settled} of ${reminders} after 400 s`);
      // Counting costs the database as much as sending does.
      await pause(1_000);
    }
    const seconds = (performance.now() - begun) / 1000;
    rates.push(await bare());
    const { taken, distinct } = await ask();
    const ours = taken - bareLetters;
    const doubled = taken - distinct;
    const missing = reminders - (distinct - bareLetters);
    const ratio = reminders / seconds / median(rates);
    return {
      keys: { ratio: round(ratio, 2), missing, doubled, window },
      rows: [
        {
          what: "letters a second, with the death of the worker and the wait for its claims",
          value: String(round(reminders / seconds)),
        },
        { what: "nodemailer alone, letters a second, median of three", value: String(round(median(rates))) },
        { what: "letters that the server took", value: String(ours) },
        {
          what: "accepted and not recorded when the worker died; sent twice",
          value: `${window}; ${doubled}`,
        },
        { what: "between the server's yes and our note, median and longest, ms", value: await windowsOf(db) },
      ],
      missed: [
        ...(ratio < 0.7 ? [`ratio ${round(ratio, 2)}, goal at least 0.7`] : []),
        ...(missing !== 0 ? [`${missing} missing`] : []),
        ...(doubled > window ? [`${doubled} doubled, ${window} in the window`] : []),
      ],
    };
  } finally {
    await db.destroy();
    await edition.stop();
    await sink.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** A stream in twelve minutes, to which so many people come who hold its pass. */
async function insertAudience(db: Db): Promise<string> {
  const { people, experience, pass } = await insertPeople(db, { status: "ended" });
  const { id } = await insertStream(db, {
    experienceId: experience.id,
    createdBy: people.owner.id,
    startsAt: inFuture("12 minutes"),
  });
  await sql`
    insert into users (email, time_zone)
    select 'comer-' || n || '@example.com',
      (array['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Sydney', null])[1 + n % 5]
    from generate_series(1, ${reminders}::int) n`.execute(db);
  await sql`
    insert into access_grants (access_pass_id, user_id, source, starts_at)
    select ${pass.id}::uuid, id, 'given', now() - interval '1 day' from users where email like 'comer-%'`.execute(
    db,
  );
  await sql`
    insert into coming (stream_id, person_id, since, mail_planned_at)
    select ${id}::uuid, id, now() - interval '1 hour', now() from users where email like 'comer-%'`.execute(
    db,
  );
  while ((await planMailings(db)) > 0);
  await sql`vacuum analyze`.execute(db);
  return id;
}

async function countOutcomes(db: Db, outcome: string): Promise<number> {
  const { rows } = await sql<{ many: number }>`
    select count(*)::integer as many from mails where outcome = ${outcome}::mail_outcome`.execute(db);
  return rows[0]!.many;
}

async function countSettled(db: Db): Promise<number> {
  const { rows } = await sql<{ many: number }>`
    select count(*)::integer as many from mails where outcome is not null`.execute(db);
  return rows[0]!.many;
}

async function windowsOf(db: Db): Promise<string> {
  const { rows } = await sql<{ median: number; longest: number }>`
    select percentile_cont(0.5) within group (order by ms)::float8 as median, max(ms)::float8 as longest
    from (select extract(epoch from settled_at - accepted_at) * 1000 as ms from mails where outcome = 'sent') windows
  `.execute(db);
  return `${round(rows[0]!.median, 1)} / ${round(rows[0]!.longest, 1)}`;
}
