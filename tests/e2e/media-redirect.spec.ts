import type { EditionEnv } from "#local/environment.ts";
import { createBucket } from "#local/parts/storage.ts";
import { insertPeople, signIn } from "#tests/factories.ts";
import { insertReadyRecording } from "#tests/ready-recording.ts";
import { startSecondWeb } from "#tests/second-web.ts";
import { expect, expectBegins, test } from "./world.ts";

test("with MEDIA_REDIRECT=1 a replay plays from storage itself, also for a browser that minds CORS and our policy", async ({
  person,
  db,
}) => {
  const { people, path: address, stream } = await insertPeople(db, { status: "live" });
  await insertReadyRecording(process.env, stream.id);
  const { url, process: web } = await startSecondWeb({ MEDIA_REDIRECT: "1" });
  const bucket = process.env as unknown as EditionEnv;
  try {
    // The bucket's CORS rule names who may read it.
    await createBucket({ ...bucket, PUBLIC_URL: url });
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
    // The script that takes over from the browser's own player interrupts this, and plays on.
    await video.evaluate((element: HTMLVideoElement) => {
      element.muted = true;
      return element.play().catch(() => {});
    });
    await expectBegins(video);
    await expect.poll(() => fromStorage.filter((name) => name.endsWith(".ts")).length).toBeGreaterThan(1);
    expect(await video.evaluate((element: HTMLVideoElement) => element.currentSrc)).not.toContain(".mp4");
    expect(new Set(fromUs)).toEqual(new Set([302]));
  } finally {
    await createBucket(bucket);
    web.kill("SIGTERM");
  }
});
