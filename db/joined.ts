import type { Transaction } from "kysely";
import type { Database, Db } from "./client.ts";

/**
 * A transaction as a database, for functions that open their own: theirs becomes a part of it, and what they did is
 * there exactly when all of it is. One that throws has to end the whole.
 */
export function joined(trx: Transaction<Database>): Db {
  return new Proxy(trx, {
    get(target, name) {
      if (name === "transaction")
        return () => ({ execute: (run: (inner: Transaction<Database>) => unknown) => run(trx) });
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
