import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { promisify } from "node:util";
import { readConfig } from "#app/config.ts";
import { createStorage } from "#app/services/storage.ts";
import { findProgram, versitygw } from "#local/programs.mjs";
import type { Tools } from "./fault.ts";

export type StorageKey = { S3_ACCESS_KEY_ID: string; S3_SECRET_ACCESS_KEY: string };

const newKey = (): StorageKey => ({
  S3_ACCESS_KEY_ID: randomBytes(10).toString("hex"),
  S3_SECRET_ACCESS_KEY: randomBytes(32).toString("hex"),
});

/** A second key of the store's, beside the first, which may do the same. */
export async function addStorageKey({ store }: Pick<Tools, "store">): Promise<StorageKey> {
  const program = await findProgram(versitygw, { localCache: path.join(store.dir, "bin") });
  const { S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = store.env;
  const key = newKey();
  const user = ["--access", key.S3_ACCESS_KEY_ID, "--secret", key.S3_SECRET_ACCESS_KEY, "--role", "admin"];
  await promisify(execFile)(program, ["admin", "create-user", ...user], {
    env: {
      ...process.env,
      ADMIN_ENDPOINT_URL: S3_ENDPOINT,
      ADMIN_REGION: S3_REGION,
      ADMIN_ACCESS_KEY_ID: S3_ACCESS_KEY_ID,
      ADMIN_SECRET_ACCESS_KEY: S3_SECRET_ACCESS_KEY,
    },
  });
  return key;
}

/** Takes the store's first key back: it starts anew, with another one in its place. */
export async function takeBackFirstKey({ store }: Pick<Tools, "store">): Promise<void> {
  const { S3_ACCESS_KEY_ID: ROOT_ACCESS_KEY, S3_SECRET_ACCESS_KEY: ROOT_SECRET_KEY } = newKey();
  await store.part("storage").restart({ env: { ROOT_ACCESS_KEY, ROOT_SECRET_KEY } });
}

/** "ok", or the code with which the store refuses a key. */
export async function whatStorageSaysTo({ env }: Pick<Tools, "env">, key: StorageKey): Promise<string> {
  const config = readConfig({ ...env, ...key });
  if (!config.ok) throw new Error(config.problems.join("; "));
  const storage = createStorage(config.config.storage);
  try {
    await storage.folders();
    return "ok";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    storage.close();
  }
}
