import { randomBytes, randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { RoomServiceClient } from "livekit-server-sdk";
import type { Pair } from "#app/services/livekit-pairs.ts";
import { egressEvent, signWebhook } from "#tests/livekit-webhook.ts";
import type { Tools } from "./fault.ts";

export const newSecret = (): string => randomBytes(32).toString("hex");
export const newPair = (key: string): Pair => ({ key, secret: newSecret() });

/** The variables that name these pairs, the one that signs first. */
export const livekitVariables = (api: Pair[], hook: Pair[]) => ({
  LIVEKIT_API_KEY: api.map(({ key }) => key).join(","),
  LIVEKIT_API_SECRET: api.map(({ secret }) => secret).join(","),
  LIVEKIT_WEBHOOK_KEY: hook.map(({ key }) => key).join(","),
  LIVEKIT_WEBHOOK_SECRET: hook.map(({ secret }) => secret).join(","),
});

/** The status with which web answers a webhook that this pair has signed. */
export async function answerToWebhookOf({ web }: Pick<Tools, "web">, pair: Pair): Promise<number> {
  const about = { egressId: `EG_${randomUUID()}`, roomName: randomUUID(), prefix: "nobody/" };
  const body = JSON.stringify(egressEvent({ ...about, status: "EGRESS_ACTIVE" }));
  const authorization = await signWebhook(body, pair);
  const headers = { "content-type": "application/webhook+json", authorization };
  return (await fetch(`${web.url}/webhooks/livekit`, { method: "POST", body, headers })).status;
}

/** Whether LiveKit takes a pair. */
export async function livekitTakes({ env }: Pick<Tools, "env">, { key, secret }: Pair): Promise<boolean> {
  const url = (env.LIVEKIT_URL ?? "").replace(/^ws/, "http");
  return new RoomServiceClient(url, key, secret).listRooms().then(
    () => true,
    () => false,
  );
}

/** LiveKit reads its keys when it starts: it is killed, and starts anew with these two alone. */
export async function restartLiveKitWith(
  { edition }: Pick<Tools, "edition">,
  { api, hook }: { api: Pair; hook: Pair },
): Promise<void> {
  const file = path.join(edition.dir, "livekit.yaml");
  const config = JSON.parse(await readFile(file, "utf8"));
  config.keys = { [api.key]: api.secret, [hook.key]: hook.secret };
  config.webhook.api_key = hook.key;
  await writeFile(file, JSON.stringify(config));
  edition.part("livekit-server").kill("SIGKILL");
  await edition.part("livekit-server").waitUntilReady();
}
