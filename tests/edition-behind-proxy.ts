import path from "node:path";
import { type Edition, type EditionOptions, startEdition } from "#local/edition.ts";
import { type StorageProxy, startStorageProxy } from "./storage-proxy.ts";

const allButStorage = [
  ...(["postgres", "livekit-server", "mail", "recorder", "chat", "web", "worker"] as const),
  ...(["migrations", "seed", "build"] as const),
];

/**
 * An edition whose storage, which an edition of its own has (`store`), stands behind a proxy that refuses what R2 refuses,
 * and can be told to make trouble. `stop` ends all of it.
 */
export async function startEditionBehindProxy(
  options: EditionOptions,
): Promise<{ edition: Edition; storage: StorageProxy; store: Edition; stop: () => Promise<void> }> {
  const dir = path.join(options.dir, "behind");
  const store = await startEdition({ ...options, dir, without: allButStorage, env: {} });
  const { S3_ENDPOINT: endpoint, S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = store.env;
  const storage = await startStorageProxy({ endpoint, bucket: S3_BUCKET });
  const keys = { S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY };
  const edition = await startEdition({
    ...options,
    env: { ...options.env, ...keys, S3_ENDPOINT: storage.url },
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
