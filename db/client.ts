import { createHash } from "node:crypto";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { DB } from "./types.ts";

export type Database = DB;
export type Db = Kysely<Database>;

// bigint columns hold milliseconds, bytes and 90 kHz ticks, all far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/**
 * Opens a pool on `url`. `max` is the number of connections; one that is not made within `connectMs` rejects. The caller
 * destroys it (`db.destroy()`).
 * A connection that the server drops while idle is replaced on the next query; without a listener it would end the process.
 * A statement that is not answered within `patienceMs` rejects, and its connection is not used again. The longest of
 * ours, over a list of 100,000 people, take seconds.
 */
export function openDatabase(
  url: string,
  {
    max = 10,
    connectMs = 5_000,
    patienceMs = 30_000,
    onError,
  }: { max?: number; connectMs?: number; patienceMs?: number; onError?: (error: Error) => void } = {},
): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: connectMs,
    query_timeout: patienceMs,
    keepAlive: true,
  });
  pool.on("error", (error) => onError?.(error));
  // One that dies between two statements of a transaction says so itself, and its next statement fails.
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("connect", leaveSilence);
  pool.on("connect", prepareStatements);
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}

/**
 * Ends a connection with a statement that was not answered in time. pg lets that one go and nothing else: whoever got the
 * connection next would wait behind it, a rollback as well.
 */
function leaveSilence(client: pg.PoolClient) {
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
  client.query = ((...args: unknown[]) =>
    query(...args).catch((error: unknown) => {
      if (isSilence(error)) void (client as unknown as pg.Client).end();
      throw error;
    })) as typeof client.query;
}

/** pg has no code for it. */
const isSilence = (error: unknown) => error instanceof Error && error.message === "Query read timeout";

/** Far more than we have; lists of changing length are the only statements that could become many. */
const mostNames = 2_000;
const names = new Map<string, string>();

/**
 * Gives each statement with parameters a name, so that Postgres reads and plans it once a connection: the access decision
 * costs it more to plan than to answer. Needs a direct connection, or a pooler that follows prepared statements
 * (PgBouncer does from 1.21 on).
 */
function prepareStatements(client: pg.PoolClient) {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((text: unknown, values?: unknown, ...rest: unknown[]) => {
    const name = typeof text === "string" && Array.isArray(values) && values.length > 0 && nameOf(text);
    return name ? query({ name, text, values }, ...rest) : query(text, values, ...rest);
  }) as typeof client.query;
}

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known || names.size >= mostNames) return known;
  const name = createHash("sha1").update(text).digest("base64url");
  names.set(text, name);
  return name;
}
