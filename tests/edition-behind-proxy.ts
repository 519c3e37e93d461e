import path from "node:path";
import { type Edition, type EditionEnv, type EditionOptions, startEdition } from "#local/edition.ts";
import { createBucket } from "#local/parts/storage.ts";
import { type StorageProxy, startStorageProxy } from "./storage-proxy.ts";

const allButStorage = [
  ...(["postgres", "livekit-server", "mail", "recorder", "chat", "web", "worker"] as const),
  ...(["migrations", "seed", "build"] as const),
];

/**
/**
 * An edition whose storage, which an edition of its own has (`store`), stands behind a proxy that refuses what R2 refuses,
 * and can be told to make trouble. With `recordingStore` recorders write to another bucket, which no proxy stands before.
 * `stop` ends all of it.
 */
export async function startEditionBehindProxy({
  recordingStore = false,
  ...options
}: EditionOptions & { recordingStore?: boolean }): Promise<{
  edition: Edition;
  storage: StorageProxy;
  store: Edition;
  stop: () => Promise<void>;
}> {
  const dir = path.join(options.dir, "behind");
  const store = await startEdition({ ...options, dir, without: allButStorage, env: {} });
  const { S3_ENDPOINT: endpoint, S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = store.env;
  const storage = await startStorageProxy({ endpoint, bucket: S3_BUCKET });
  const keys = { S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY };
  const beside = { ...store.env, S3_BUCKET: "recorded" };
  if (recordingStore) await createBucket(beside);
  const edition = await startEdition({
    ...options,
    env: {
      ...options.env,
      ...keys,
      ...(recordingStore && asRecordingStore(beside)),
      S3_ENDPOINT: storage.url,
    },
  }).catch(async (error: Error) => {
    await storage.close();
    await store.stop();
    throw error;
  });
  return {
    edition,
    storage,
    store,
    async stop() {
      await edition.stop();
      await storage.close();
      await store.stop();
    },
  };
}

/** What the environment says of a store when recorders are to write there. */
export const asRecordingStore = (env: EditionEnv): Record<string, string> => ({
  RECORDING_S3_ENDPOINT: env.S3_ENDPOINT,
  RECORDING_S3_REGION: env.S3_REGION,
  RECORDING_S3_BUCKET: env.S3_BUCKET,
  RECORDING_S3_ACCESS_KEY_ID: env.S3_ACCESS_KEY_ID,
  RECORDING_S3_SECRET_ACCESS_KEY: env.S3_SECRET_ACCESS_KEY,
});
