import pg from "pg";

export type Stored = { kind: string; id: string; body: unknown };
export type Database = Awaited<ReturnType<typeof openDatabase>>;

/**
 * Keeps the server's objects, one row each, in a database of its own, which is made when it is missing. Changes that come
 * together are one statement: `commit` resolves when everything that was `put` or `remove`d before it is on disk, and a
 * request is answered only then, so that what was acknowledged survives `kill -9`.
 */
export async function openDatabase(url: string) {
  await createDatabase(url);
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on("error", (error) => console.error(`database: ${error.message}`));
  // A connection that breaks between two statements of a transaction says so here, and again at the next statement.
  pool.on("connect", (client) => client.on("error", () => {}));
  await pool.query(`
    create table if not exists objects (
      kind text not null,
      id text not null,
      body jsonb not null,
      primary key (kind, id)
    )
  `);

  let dirty = new Map<string, Stored>();
  let waiting: { done: () => void; failed: (error: unknown) => void }[] = [];
  let writing = false;

  async function write() {
    writing = true;
    while (waiting.length > 0) {
      const batch = [...dirty.values()];
      const told = waiting;
      dirty = new Map();
      waiting = [];
      try {
        await save(batch);
        for (const { done } of told) done();
      } catch (error) {
        // What was not written is written with the next batch; whoever waited is told that it failed.
        for (const object of batch) if (!dirty.has(keyOf(object))) dirty.set(keyOf(object), object);
        for (const { failed } of told) failed(error);
      }
    }
    writing = false;
  }

  async function save(batch: Stored[]) {
    if (batch.length === 0) return;
    const kept = batch.filter(({ body }) => body !== null);
    const gone = batch.filter(({ body }) => body === null);
    const client = await pool.connect();
    try {
      await client.query("begin");
      if (kept.length > 0)
        await client.query(
          `insert into objects (kind, id, body) select * from unnest($1::text[], $2::text[], $3::jsonb[])
           on conflict (kind, id) do update set body = excluded.body`,
          [
            kept.map(({ kind }) => kind),
            kept.map(({ id }) => id),
            kept.map(({ body }) => JSON.stringify(body)),
          ],
        );
      if (gone.length > 0)
        await client.query(
          `delete from objects o using unnest($1::text[], $2::text[]) as g (kind, id) where o.kind = g.kind and o.id = g.id`,
          [gone.map(({ kind }) => kind), gone.map(({ id }) => id)],
        );
      await client.query("commit");
    } catch (error) {
      await client.query("rollback").catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  }

  return {
    async load(): Promise<Stored[]> {
      return (await pool.query<Stored>("select kind, id, body from objects")).rows;
    },
    put(kind: string, id: string, body: unknown) {
      dirty.set(keyOf({ kind, id }), { kind, id, body });
    },
    remove(kind: string, id: string) {
      dirty.set(keyOf({ kind, id }), { kind, id, body: null });
    },
    commit(): Promise<void> {
      if (dirty.size === 0 && !writing) return Promise.resolve();
      return new Promise((done, failed) => {
        waiting.push({ done, failed });
        if (!writing) void write();
      });
    },
    close: () => pool.end(),
  };
}

const keyOf = ({ kind, id }: { kind: string; id: string }) => `${kind} ${id}`;

async function createDatabase(url: string) {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const client = new pg.Client({
    connectionString: Object.assign(new URL(url), { pathname: "/postgres" }).href,
  });
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [name]);
    if (!rowCount) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // Another one made it at the same moment.
    if ((error as { code?: string }).code !== "42P04") throw error;
  } finally {
    await client.end();
  }
}
