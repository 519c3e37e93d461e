import { defineConfig } from "@playwright/test";
import { systemChromium } from "./local/checks/chromium.ts";
import { within } from "./tests/without-webhooks.ts";

const withoutBroadcast = [
  "pages",
  "passes",
  "series",
  "coming",
  "mail",
  "presence",
  "replay",
  "recording",
  "media-redirect",
];
const pages = withoutBroadcast.map((name) => `**/${name}.spec.ts`);
/** Tests that take a server away from all others. */
const alone = /@alone/;

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-results",
  globalSetup: "./tests/e2e/global-setup.ts",
  workers: 3,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  timeout: within(120) * 1000,
  globalTimeout: 24 * 60_000,
  expect: { timeout: within(15) * 1000 },
  use: {
    browserName: "chromium",
    // Set by the global set-up, before the processes that run the tests read this.
    baseURL: process.env.PUBLIC_URL,
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    // Costs more than the tests themselves: `playwright test --trace retain-on-failure` looks closer at one that fails.
    trace: "off",
    screenshot: "only-on-failure",
    permissions: ["camera", "microphone"],
    launchOptions: {
      executablePath: systemChromium(),
      args: [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
      ],
    },
  },
  projects: [
    // Browsers that publish and play video, the recorder and every server share the machine's cores: one at a time.
    { name: "live", testIgnore: pages, grepInvert: alone, workers: 1, fullyParallel: false },
    // What broadcasts nothing takes the time that is left beside them.
    { name: "pages", testMatch: pages, grepInvert: alone, fullyParallel: true },
    { name: "alone", grep: alone, workers: 1, fullyParallel: false, dependencies: ["live", "pages"] },
  ],
});
