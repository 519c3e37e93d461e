import { freePort } from "#local/ports.ts";
import { advances } from "#tests/browser/picture.ts";
import { followViewer, standBeforeWeb } from "./deploy-tools.ts";
import type { Fault, Tools } from "./fault.ts";
import {
  answerToWebhookOf,
  livekitTakes,
  livekitVariables,
  newPair,
  newSecret,
  restartLiveKitWith,
} from "./livekit-keys.ts";
import {
  attemptsOf,
  endToReplay,
  gapsOf,
  partsInWords,
  playsAt,
  showsCamera,
  verifiedOf,
} from "./recorder-tools.ts";
import { addStorageKey, takeBackFirstKey, whatStorageSaysTo } from "./storage-keys.ts";
import { goOnAir, type OnAir, promise, publishers, recordingsOf, streamRow, until } from "./studio-tools.ts";

export const name = "F48";
export const title =
  "Every key is replaced by another one while a stream is live, and the old ones are taken back";

const api = { before: newPair("frontrow-api"), after: newPair("frontrow-api-2") };
const hook = { before: newPair("frontrow-webhooks"), after: newPair("frontrow-webhooks-2") };
const session = { before: newSecret(), after: newSecret() };

/** What stands before the web processes has the address that people know. */
const port = await freePort();
/** LiveKit has been told the new pairs with its last start; nobody signs with them yet but the recorder. */
export const env = {
  PUBLIC_URL: `http://127.0.0.1:${port}`,
  ...livekitVariables([api.before, api.after], [hook.before, hook.after]),
  SESSION_SECRET: session.before,
};
export const edition = {
  more: { recorder: livekitVariables([api.after, api.before], [hook.after, hook.before]) },
};

export const run: Fault["run"] = async (tools) => {
  const { say, env, edition: running } = tools;
  const site = await standBeforeWeb(tools, port);
  const deploy = async (more: Record<string, string>) => {
    await site.next(more);
    await running.part("worker").restart({ env: more });
  };
  let air: OnAir | undefined;
  try {
    air = await goOnAir(tools);
    const streamId = air.stream.id;
    const before = await streamRow(tools, streamId);
    await untilVerified(tools, streamId, 2);
    const viewer = await followViewer(tools, air);
    const stood: number[] = [];

    const newFirst = livekitVariables([api.after, api.before], [hook.after, hook.before]);
    const secrets = { SESSION_SECRET: `${session.after},${session.before}` };
    const words = "LiveKit's pairs and the session secret, new and old";
    stood.push(await viewer.through(words, () => deploy({ ...newFirst, ...secrets })));
    for (const each of [hook.before, hook.after])
      promise((await answerToWebhookOf(tools, each)) === 200, `a webhook signed by ${each.key} is taken`);
    promise(
      (await answerToWebhookOf(tools, newPair("frontrow-webhooks-3"))) === 401,
      "one of a third pair is refused",
    );

    const oldKey = pickStorageKey(env);
    const newKey = await addStorageKey(tools);
    stood.push(await viewer.through("storage's key", () => deploy(newKey)));
    const then = (await verifiedOf(tools, streamId)).size;
    await untilVerified(tools, streamId, then + 2);
    const attempts = await attemptsOf(tools, streamId);
    const told = attempts.map(({ number, status, reason }) => `${number} ${status}: ${reason}`).join("; ");
    promise(attempts.length === 1, `the recorder went on with the key that it was given (${told})`);

    say("LiveKit starts anew with the new pairs alone");
    const from = Date.now();
    await restartLiveKitWith(tools, { api: api.after, hook: hook.after });
    await untilBack(tools, air);
    const standstill = await viewer.longestStill(from, Date.now());
    promise(standstill <= 20_000, `host and viewer are back within 20 s (${standstill} ms)`);
    await viewer.signedIn();
    promise(!(await livekitTakes(tools, api.before)), "LiveKit refuses the old pair");
    promise(await livekitTakes(tools, api.after), "and takes the new one");
    const camera = await cameraRecorded(tools, streamId);

    const newAlone = { ...livekitVariables([api.after], [hook.after]), SESSION_SECRET: session.after };
    stood.push(await viewer.through("new ones alone", () => deploy(newAlone)));
    promise(
      (await answerToWebhookOf(tools, hook.before)) === 401,
      "a webhook signed by the old pair is refused",
    );
    promise((await answerToWebhookOf(tools, hook.after)) === 200, "and one signed by the new pair taken");

    const after = await streamRow(tools, streamId);
    promise(
      after.status === "live" && String(after.live_at) === String(before.live_at),
      "it is the same stream, still live",
    );
    const parts = await endToReplay(tools, air);
    const recorders = (await attemptsOf(tools, streamId)).length;
    promise(gapsOf(parts).length < recorders, "a gap is where one recorder followed another");
    promise(
      parts.some(({ attempt, number }) => `${attempt}/${number}` === camera),
      "the replay has what was recorded after LiveKit's start",
    );

    say("taking storage's old key back");
    await takeBackFirstKey(tools);
    const refused = await whatStorageSaysTo(tools, oldKey);
    promise(refused === "InvalidAccessKeyId", `storage refuses the old key (${refused})`);
    promise((await whatStorageSaysTo(tools, newKey)) === "ok", "and takes the new one");
    const [recording] = await recordingsOf(tools, streamId);
    await untilExportsAreReady(tools, recording!.id);
    await air.watching.goto(air.path);
    promise(await playsAt(air.watching, 2), "the replay plays");
    promise(running.part("worker").pid !== undefined, "the worker runs");
    return {
      did: "LiveKit's API and webhook pairs, the session secret and storage's key replaced by other ones, each time with a new web process beside the old one and the worker restarted; LiveKit restarted with the new pairs alone, then web and worker; storage's old key taken back after the end",
      saw: `pictures stood for ${stood.join(", ")} ms at most, for ${standstill} ms when the only LiveKit node started anew; nobody signed out, no page loaded again; webhooks of both pairs taken, of a third, and in the end of the old, refused; replay of parts ${partsInWords(parts)}, gaps of ${gapsOf(parts).join(", ") || "0"} ms marked`,
    };
  } finally {
    await air?.close();
    await site.close();
  }
};

async function untilVerified(tools: Tools, streamId: string, count: number): Promise<void> {
  const words = `${count} verified segments`;
  await until(
    async () => (await verifiedOf(tools, streamId)).size,
    (size) => size >= count,
    { seconds: 120, words },
  );
}

const pickStorageKey = (env: Tools["env"]) => ({
  S3_ACCESS_KEY_ID: env.S3_ACCESS_KEY_ID!,
  S3_SECRET_ACCESS_KEY: env.S3_SECRET_ACCESS_KEY!,
});

/** Waits until host and viewer are back by themselves. */
async function untilBack(tools: Tools, { stream, watching }: OnAir): Promise<void> {
  await until(
    () => publishers(tools, stream.id).catch(() => []),
    (found) => found.length === 1,
    { seconds: 30, words: "the host publishes again, once" },
  );
  const camera = watching.getByLabel("The host's camera");
  await until(
    async () => (await camera.isVisible()) && (await advances(camera, 500)),
    (seen) => seen,
    { seconds: 30, words: "the viewer sees the picture again" },
  );
}

/** Waits until the recording shows the host's camera again, and gives where. */
async function cameraRecorded(tools: Tools, streamId: string): Promise<string> {
  const then = await verifiedOf(tools, streamId);
  const { value } = await until(
    async () => {
      const newest = [...(await verifiedOf(tools, streamId)).keys()]
        .filter((place) => !then.has(place))
        .at(-1);
      return newest && (await showsCamera(tools, streamId, newest)) ? newest : undefined;
    },
    (place) => place !== undefined,
    { seconds: 90, words: "the recording shows the host's camera again" },
  );
  return value!;
}

async function untilExportsAreReady({ db }: Tools, recordingId: string): Promise<void> {
  const statuses = () =>
    db
      .selectFrom("streaming_recording_exports")
      .select("status")
      .where("recording_id", "=", recordingId)
      .execute();
  await until(statuses, (rows) => rows.length === 3 && rows.every(({ status }) => status === "ready"), {
    seconds: 90,
    words: "its exports are made with the new key",
  });
}
