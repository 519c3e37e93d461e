import type { Db } from "#db/client.ts";
import type { Edition, EditionOptions } from "#local/edition.ts";
import type { StorageProxy } from "#tests/storage-proxy.ts";

/** What a fault is tried with: a whole edition of its own, with real processes that can be killed. */
export type Tools = {
  edition: Edition;
  web: { url: string };
  db: Db;
  /** What stands before the edition's storage: it can be told to make trouble. */
  storage: StorageProxy;
  /** Who runs that storage. */
  store: Edition;
  /** Names and values as in `.local/env`. */
  env: Record<string, string>;
  /** Says how far it is. */
  say(line: string): void;
};

export type Fault = {
  /** "F12", as in the table of faults. */
  name: string;
  title: string;
  /** Does it and looks; throws when the promise was broken. */
  run(tools: Tools): Promise<{ did: string; saw: string }>;
  /** What the edition's environment needs to be for this fault ("HOST_GRACE_SECONDS": "8"). */
  env?: Record<string, string>;
  /** What else the edition is started with. */
  edition?: Pick<EditionOptions, "more" | "webhooks"> & {
    /** Recorders write to a store of their own, without the proxy. */
    recordingStore?: boolean;
  };
};
