import { readdir } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { migrate } from "#db/migrate.ts";
import { unique } from "#tests/factories.ts";
import { rowsAfter } from "./migration-rows.ts";

const name = unique("migrations").replace("-", "_");
const server = new pg.Client({ connectionString: inject("postgresUrl") });
const url = Object.assign(new URL(inject("postgresUrl")), { pathname: `/${name}` }).href;
const database = new pg.Client({ connectionString: url });
const migrations = (await readdir(path.join(import.meta.dirname, "../../db/migrations")))
  .map((file) => path.basename(file, ".ts"))
  .sort();

beforeAll(async () => {
  await server.connect();
  await server.query(`create database ${name}`);
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await server.query(`drop database ${name} with (force)`);
  await server.end();
});

type Rows = Map<string, unknown[]>;

async function readAll(): Promise<Rows> {
  const { rows } = await database.query<{ table: string }>(
    `select table_name as table from information_schema.tables
     where table_schema = 'public' and table_name not like 'kysely_%' order by 1`,
  );
  const all: Rows = new Map();
  for (const { table } of rows) {
    const found = await database.query<{ row: unknown }>(
      `select to_jsonb(t) as row from ${table} t order by 1`,
    );
    all.set(
      table,
      found.rows.map(({ row }) => row),
    );
  }
  return all;
}

it("knows rows for each migration", () => {
  expect(Object.keys(rowsAfter)).toEqual(migrations);
});

it.each(migrations)(
  "%s runs on a database with rows in every table, and keeps each of them",
  async (migration) => {
    const before = await readAll();
    expect(await migrate(url, migration)).toEqual([migration]);
    const after = await readAll();
    for (const [table, rows] of before) {
      expect([table, after.get(table)?.length]).toEqual([table, rows.length]);
      for (const row of rows) expect(after.get(table)).toContainEqual(expect.objectContaining(row as object));
    }
    await database.query(rowsAfter[migration] ?? "");
    const empty = [...(await readAll())].filter(([, rows]) => rows.length === 0).map(([table]) => table);
    expect(empty, "tables without a row for the next migration").toEqual([]);
  },
);

it("0022_import_counts counts the lines of the imports that were there", async () => {
  const { rows } = await database.query(
    `select wanted_lines, added_lines, held_lines, repeated_lines, refused_lines
     from access_grant_imports where file_name = 'people.csv'`,
  );
  expect(rows).toEqual([
    { wanted_lines: 0, added_lines: 1, held_lines: 0, repeated_lines: 0, refused_lines: 1 },
  ]);
});

/** Another database with rows, as it was just before a migration, and what is read from it when it has run. */
async function afterMigration(migration: string, { before, read }: { before: string; read: string }) {
  const other = unique("migrations").replace("-", "_");
  await server.query(`create database ${other}`);
  const otherUrl = Object.assign(new URL(url), { pathname: `/${other}` }).href;
  const client = new pg.Client({ connectionString: otherUrl });
  await client.connect();
  try {
    for (const earlier of migrations.slice(0, migrations.indexOf(migration))) {
      await migrate(otherUrl, earlier);
      await client.query(rowsAfter[earlier] ?? "");
    }
    await client.query(before);
    await migrate(otherUrl, migration);
    return (await client.query(read)).rows;
  } finally {
    await client.end();
    await server.query(`drop database ${other} with (force)`);
  }
}

it("0024_enforcement stops what those made who had stopped being owners", async () => {
  const rows = await afterMigration("0024_enforcement", {
    before: `
      update webhook_endpoints set off_at = null, off_reason = null;
      update webhook_deliveries set status = 'waiting', next_try_at = now(), ended_at = null;
      delete from space_members;`,
    read: `
      select e.off_reason, e.off_at is not null as off, d.status, l.owner_left, l.revoked_by = l.made_by as revoked
      from webhook_endpoints e, webhook_deliveries d, access_pass_links l`,
  });
  expect(rows).toEqual([
    { off_reason: "owner_left", off: true, status: "given_up", owner_left: true, revoked: true },
  ]);
});

it.each([
  ["of those who had stopped being owners", "delete from space_members", { owner_left: true, revoked: true }],
  ["of nobody who is one", "", { owner_left: false, revoked: false }],
])("0025_keys_of_owners revokes the keys %s", async (_, before, expected) => {
  const read = "select owner_left, revoked_at is not null and revoked_by = made_by as revoked from api_keys";
  const rows = await afterMigration("0025_keys_of_owners", { before, read });
  expect(rows).toEqual([expected]);
});

it("0033_export_turns has small pictures made for what was finished before there were any, but is not there any more", async () => {
  const rows = await afterMigration("0033_export_turns", {
    before: `
      delete from streaming_recording_exports;
      update streaming_recordings set status = 'ready', started_at = null, ready_at = now();
      insert into streaming_recordings (stream_id, status, ready_at, deleted_at, removed_at)
        select stream_id, 'ready', now(), now() - interval '20 days', now() from streaming_recordings limit 1;
      insert into streaming_recording_exports (recording_id, kind, status)
        select id, 'sprite', 'failed' from streaming_recordings where removed_at is not null;`,
    read: `
      select r.removed_at is not null as removed, r.emptied_at is not null as emptied, x.kind, x.status
      from streaming_recordings r left join streaming_recording_exports x on x.recording_id = r.id
      order by r.removed_at nulls first`,
  });
  const made = { removed: false, emptied: false, kind: "sprite", status: "waiting" };
  expect(rows).toEqual([made, made, { removed: true, emptied: true, kind: null, status: null }]);
});

it("0041_audience dates what had been edited or cancelled, and nothing else", async () => {
  const rows = await afterMigration("0041_audience", {
    before: `
      update streams set updated_at = '2026-02-01', edit_version = 2 where slug = 'second';
      insert into streams (experience_id, slug, title, status, starts_at, wall_time, time_zone, length_minutes, created_by, cancelled_at)
        select experience_id, 'third', 'The third', 'cancelled', starts_at, wall_time, time_zone, length_minutes, created_by, '2026-03-01'
        from streams where slug = 'second';`,
    read: "select slug, edited_at from streams order by slug",
  });
  expect(rows).toEqual([
    { slug: "first", edited_at: null },
    { slug: "second", edited_at: new Date("2026-02-01") },
    { slug: "third", edited_at: new Date("2026-03-01") },
  ]);
});

it("0046_told_changes dates what became of replays, and nothing of what never was one", async () => {
  const rows = await afterMigration("0046_told_changes", {
    before: `
      insert into streaming_recordings (stream_id, status, reason, ready_at, hidden_at)
        select id, 'ready', 'hidden', '2026-02-01', '2026-03-01' from streams where slug = 'second';
      insert into streaming_recordings (stream_id, status, reason, ready_at, deleted_at)
        select id, 'ready', 'deleted', '2026-02-01', '2026-04-01' from streams where slug = 'second';
      insert into streaming_recordings (stream_id, status, reason, ready_at)
        select id, 'ready', 'shown', '2026-02-02' from streams where slug = 'second';
      insert into streaming_recordings (stream_id, status, reason, deleted_at)
        select id, 'failed', 'failed', '2026-04-01' from streams where slug = 'second';`,
    read: `
      select r.reason, r.shown_or_not_at from streaming_recordings r join streams s on s.id = r.stream_id and s.slug = 'second'
      order by r.shown_or_not_at`,
  });
  expect(rows).toEqual([
    { reason: "shown", shown_or_not_at: new Date("2026-02-02") },
    { reason: "hidden", shown_or_not_at: new Date("2026-03-01") },
    { reason: "deleted", shown_or_not_at: new Date("2026-04-01") },
    { reason: "failed", shown_or_not_at: null },
  ]);
});

it("run once: the newest database is up to date", async () => {
  expect(await migrate(url)).toEqual([]);
});

it("of two processes that migrate at once, one does and the other finds it done", async () => {
  const twice = `${name}_twice`;
  await server.query(`create database ${twice}`);
  const address = Object.assign(new URL(url), { pathname: `/${twice}` }).href;
  const done = await Promise.all([migrate(address), migrate(address)]);
  expect(done.flat()).toEqual(migrations);
  await server.query(`drop database ${twice} with (force)`);
});
