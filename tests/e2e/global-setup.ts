import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEdition } from "#local/edition.ts";
import { withoutWebhooks } from "#tests/without-webhooks.ts";

/**
 * Starts the whole of Frontrow once for all specs, as `npm start` does but for the database's promise about power cuts,
 * in a folder that is gone afterwards. Specs find what runs in `process.env`, under the names of `.env.example` and
 * MAIL_WEB_URL; its folder is EDITION_DIR. With WITHOUT_WEBHOOKS=1 nothing is announced by LiveKit and the recorder.
 */
export default async function setup() {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-e2e-"));
  const edition = await startEdition({
    dir,
    ports: "fresh",
    durable: false,
    webhooks: !withoutWebhooks(),
    onLine: (line) => console.log(line),
  }).catch(async (error: Error) => {
    await rm(dir, { recursive: true, force: true });
    throw error;
  });
  Object.assign(process.env, edition.env, { EDITION_DIR: dir });
  return async () => {
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  };
}
