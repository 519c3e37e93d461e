import { defineConfig } from "vitest/config";

// Two cores are shared with the servers that integration tests start.
const workers = process.env.CI ? 2 : undefined;

const recorder = "tests/contract/egress*.test.ts";

export default defineConfig({
  test: {
    passWithNoTests: false,
    maxWorkers: workers,
    projects: [
      {
        test: {
          name: "unit",
          include: ["{app,db,worker,local}/**/*.test.{ts,tsx}", "tests/local/**/*.test.ts"],
          exclude: ["tests/local/**/*.integration.test.ts"],
          environment: "node",
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["tests/{integration,contract}/**/*.test.ts", "tests/local/**/*.integration.test.ts"],
          exclude: [recorder],
          environment: "node",
          globalSetup: ["tests/integration/global-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        // These encode and decode pictures as they happen, and need the machine for themselves.
        test: {
          name: "recorder",
          include: [recorder],
          fileParallelism: false,
          environment: "node",
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
