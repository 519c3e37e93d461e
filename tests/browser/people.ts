import { type Browser, type BrowserContext, chromium, type Page } from "@playwright/test";
import { signIn } from "#tests/factories.ts";
import type { Db } from "#db/client.ts";
import { prepareChromium, systemChromium } from "#local/checks/chromium.ts";
import { fakeDevices, pictureOf } from "./fake-devices.ts";

const options = ({ args = [] as string[] } = {}) => ({
  executablePath: chromiumOrThrow(),
  args: [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-quic",
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ...args,
  ],
});

/** The system's Chromium, or undefined for Playwright's own; installs one where there is none. */
function chromiumOrThrow(): string | undefined {
  const missing = prepareChromium(console.log);
  if (missing) throw new Error(missing);
  return systemChromium();
}

/** A real Chromium whose devices ask nobody. */
export function launchBrowser(wishes?: { args?: string[] }): Promise<Browser> {
  return chromium.launch(options(wishes));
}

/** The same, whose process can be killed or stopped as a crash or a closed lid would. */
export async function launchMortalBrowser(): Promise<{
  browser: Browser;
  signal(signal: NodeJS.Signals): void;
  close(): Promise<void>;
}> {
  const server = await chromium.launchServer(options());
  const browser = await chromium.connect(server.wsEndpoint());
  const { pid } = server.process();
  return {
    browser,
    // Its children go with it, or stop with it: they are one process group.
    signal(signal) {
      if (server.process().exitCode === null && server.process().signalCode === null)
        process.kill(-pid!, signal);
    },
    async close() {
      await browser.close().catch(() => {});
      await server.kill();
    },
  };
}

/** One person's browser profile: signed in as `userId`, or nobody. What goes wrong in its pages is kept in `problems`. */
export async function openProfile(
  browser: Browser,
  { url, db, userId, script = true }: { url: string; db: Db; userId: string | null; script?: boolean },
): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: url,
    permissions: ["camera", "microphone"],
    javaScriptEnabled: script,
  });
  await context.addInitScript(fakeDevices);
  if (userId) {
    const { token } = await signIn(db, userId);
    await context.addCookies([{ name: "session", value: token, url, httpOnly: true, sameSite: "Lax" }]);
  }
  return context;
}

/** A person's studio of a stream, in a profile of its own; with a small camera where many are to see it. */
export async function openStudio(
  browser: Browser,
  {
    streamId,
    smallPicture = false,
    ...person
  }: { url: string; db: Db; userId: string; streamId: string; smallPicture?: boolean },
): Promise<{ profile: BrowserContext; page: Page }> {
  const profile = await openProfile(browser, person);
  if (smallPicture) await profile.addInitScript(pictureOf({ width: 640, height: 360, perSecond: 30 }));
  const page = await profile.newPage();
  await page.goto(`/account/streams/${streamId}`);
  return { profile, page };
}

/** From the green room to being live, in a page of the studio. */
export async function goLive(page: Page, { share = false } = {}): Promise<void> {
  await page.getByRole("button", { name: "Turn on camera and microphone" }).click();
  if (share) await page.getByRole("button", { name: "Share screen" }).click();
  await page.getByRole("button", { name: "Go live", exact: true }).click();
  await page.getByText("End stream").waitFor();
}

export async function endStream(page: Page): Promise<void> {
  await page.getByText("End stream").click();
  await page.getByRole("button", { name: "End it for everybody" }).click();
}
