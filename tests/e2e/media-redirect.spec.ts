import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { readConfig } from "#app/config.ts";
import { createRecording, stopRecording } from "#app/domain/recordings/recordings.ts";
import { closeServices, openServices } from "#app/open-services.ts";
import { freePort } from "#local/ports.ts";
import { advances } from "#tests/browser/picture.ts";
import { insertPeople, signIn } from "#tests/factories.ts";
import { endStreamRow, segmentsOf, writeSegments } from "#tests/integration/recording-fixtures.ts";
import { expect, test } from "./world.ts";

test("with MEDIA_REDIRECT=1 a replay plays from storage itself, also for a browser that minds CORS and our policy", async ({
  person,
  db,
}) => {
  const { people, path: address, stream } = await insertPeople(db, { status: "live" });
  await insertReady(stream.id);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const web = await startWeb({ PORT: String(port), PUBLIC_URL: url, MEDIA_REDIRECT: "1" });
  try {
    const viewer = await person();
    const { token } = await signIn(db, people.viewer.id);
    await viewer.addCookies([{ name: "session", value: token, url, httpOnly: true, sameSite: "Lax" }]);
    const page = await viewer.newPage();
    const storage = new URL(process.env.S3_ENDPOINT ?? "").origin;
    const fromStorage: string[] = [];
    const fromUs: number[] = [];
    page.on("response", (response) => {
      const { origin, pathname } = new URL(response.url());
      if (origin === storage && response.ok()) fromStorage.push(pathname);
      if (origin === url && /\/media\/.*\.ts$/.test(pathname)) fromUs.push(response.status());
    });
    await page.goto(url + address);
    const video = page.locator("video");
    await video.evaluate((element: HTMLVideoElement) => {
      element.muted = true;
      return element.play();
    });
    expect(await advances(video)).toBe(true);
    expect(fromStorage.filter((name) => name.endsWith(".ts")).length).toBeGreaterThan(0);
    expect(new Set(fromUs)).toEqual(new Set([302]));
  } finally {
    web.kill("SIGTERM");
  }
});

/** What was recorded of a live stream, ended and finished by the edition's own worker. */
async function insertReady(streamId: string) {
  const config = readConfig(process.env);
  if (!config.ok) throw new Error(config.problems.join("; "));
  const services = await openServices(config.config, "worker");
  try {
    const { db, queue, storage } = services;
    const { recordingId } = await db
      .transaction()
      .execute((trx) => createRecording(trx, queue, { streamId }));
    const prefix = `recordings/${streamId}/1/`;
    await writeSegments(storage, prefix, await segmentsOf("x264"));
    await db
      .insertInto("streaming_recording_attempts")
      .values({ recording_id: recordingId, number: 1, prefix, status: "complete" })
      .execute();
    await endStreamRow(db, streamId);
    await db.transaction().execute((trx) => stopRecording(trx, queue, { streamId }));
    await expect
      .poll(
        async () =>
          (
            await db
              .selectFrom("streaming_recordings")
              .select("status")
              .where("id", "=", recordingId)
              .executeTakeFirstOrThrow()
          ).status,
        { timeout: 30_000 },
      )
      .toBe("ready");
  } finally {
    await closeServices(services);
  }
}

/** Another web process on the edition's parts. */
async function startWeb(env: Record<string, string>): Promise<ChildProcess> {
  const root = path.join(import.meta.dirname, "../..");
  const child = spawn(process.execPath, ["app/server/main.ts"], {
    cwd: root,
    env: { ...process.env, NODE_ENV: "production", ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  await expect
    .poll(
      () =>
        fetch(`${env.PUBLIC_URL}/readyz`).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 30_000 },
    )
    .toBe(200);
  return child;
}
