import type { Transaction } from "kysely";
import { fromKysely, PgBoss } from "pg-boss";
import type { Database } from "#db/client.ts";
import { catalog, type JobName, jobNames, type JobPayload } from "./catalog.ts";

export type Queue = PgBoss;

/**
 * Opens pg-boss on `databaseUrl`, creating its schema and our queues where they are missing. Only the worker
 * supervises (`worker: true`); a web process just sends. `onError` hears of lost connections: without a listener a
 * database restart would end the process.
 */
export async function openQueue(
  databaseUrl: string,
  {
    worker = false,
    max = worker ? 6 : 2,
    onError,
  }: { worker?: boolean; max?: number; onError: (error: Error) => void },
): Promise<Queue> {
  // pg-boss passes it on to pg, though its types do not know it: a database that is silent ends no loop of the queue's.
  const patience = { query_timeout: 30_000 };
  const queue = new PgBoss({
    ...patience,
    connectionString: databaseUrl,
    max,
    supervise: worker,
    schedule: false,
    useListenNotify: worker,
    superviseIntervalSeconds: 2,
    monitorIntervalSeconds: 2,
  });
  queue.on("error", onError);
  await queue.start();
  for (const name of jobNames) {
    const { retryLimit, retryDelay, expireInSeconds } = catalog[name];
    const options = {
      retryLimit,
      retryDelay,
      retryBackoff: true,
      retryDelayMax: 300,
      expireInSeconds,
      heartbeatSeconds: 10,
      notify: true,
    };
    await queue.createQueue(name, options);
  }
  return queue;
}

/** The same, but once in a second for each `key`: many reasons to look at a thing are one look. */
export async function enqueueOnce<Name extends JobName>(
  trx: Transaction<Database>,
  queue: Queue,
  name: Name,
  payload: JobPayload<Name>,
  key: string,
): Promise<void> {
  await queue.send(name, catalog[name].payload.parse(payload) as object, {
    db: fromKysely(trx),
    singletonKey: key,
    singletonSeconds: 1,
    singletonNextSlot: true,
  });
}

/**
 * Puts a job into the queue as a part of `trx`: it exists exactly when the change that it follows does. `delaySeconds`
 * makes it wait.
 */
export async function enqueue<Name extends JobName>(
  trx: Transaction<Database>,
  queue: Queue,
  name: Name,
  payload: JobPayload<Name>,
  { delaySeconds = 0 }: { delaySeconds?: number } = {},
): Promise<void> {
  await queue.send(name, catalog[name].payload.parse(payload) as object, {
    db: fromKysely(trx),
    startAfter: delaySeconds,
  });
}
