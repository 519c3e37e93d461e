import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { openQueue } from "#app/jobs/queue.ts";
import { createChat } from "#app/services/chat.ts";
import { migrate } from "#db/migrate.ts";
import { startEdition } from "#local/edition.ts";
import { createBucket } from "#local/parts/storage.ts";
import { asRecordingStore } from "#tests/edition-behind-proxy.ts";
import { startStorageProxy } from "#tests/storage-proxy.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The server; its database `template` is migrated and empty. */
    postgresUrl: string;
    /** Of the parts around: names and values as in `.env.example`. Storage refuses what R2 refuses. */
    partsEnvironment: Record<string, string>;
    /** The same store without those rules, for what a test puts there in somebody else's place. */
    storeBehind: string;
    /** Of the store beside it, for those who want recorders to write there. */
    recordingStore: Record<string, string>;
  }
}

/**
 * The real servers around the product and its built pages, once for all integration tests, in a folder that is gone
 * afterwards.
 */
export default async function setup(project: TestProject) {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-integration-"));
  const edition = await startEdition({
    dir,
    ports: "fresh",
    durable: false,
    without: ["mail", "recorder", "migrations", "seed", "web", "worker"],
  });
  await makeTemplate(edition.env.DATABASE_URL);
  const { STREAM_API_KEY, STREAM_API_SECRET, STREAM_URL } = edition.env;
  const chat = createChat({ apiKey: STREAM_API_KEY, apiSecret: [STREAM_API_SECRET], url: STREAM_URL });
  if ((await chat.applySettings()).length > 0) throw new Error("The chat server does not take our settings.");
  project.provide("postgresUrl", edition.env.DATABASE_URL);
  const storage = await startStorageProxy({
    endpoint: edition.env.S3_ENDPOINT,
    bucket: edition.env.S3_BUCKET,
  });
  project.provide("partsEnvironment", { ...edition.env, S3_ENDPOINT: storage.url });
  project.provide("storeBehind", edition.env.S3_ENDPOINT);
  const beside = { ...edition.env, S3_BUCKET: "recorded" };
  await createBucket(beside);
  const besideProxy = await startStorageProxy({ endpoint: beside.S3_ENDPOINT, bucket: beside.S3_BUCKET });
  project.provide("recordingStore", asRecordingStore({ ...beside, S3_ENDPOINT: besideProxy.url }));
  return async () => {
    await besideProxy.close();
    await storage.close();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
    // Under the names of recordings tests write as recorders do, and again when they like.
    const broken = storage.broken.filter((sentence) => !sentence.startsWith("recordings/"));
    if (broken.length > 0) throw new Error(`R2 would have refused: ${broken.join("; ")}`);
  };
}

async function makeTemplate(serverUrl: string) {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query("create database template");
  await client.end();
  const url = Object.assign(new URL(serverUrl), { pathname: "/template" }).href;
  await migrate(url);
  const queue = await openQueue(url, { onError: () => undefined });
  await queue.stop({ graceful: false });
}
