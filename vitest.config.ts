import { defineConfig } from "vitest/config";

// On two cores, which the servers of the integration tests share: while one of three waits, the others work.
const workers = process.env.CI ? 3 : undefined;

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
          environment: "node",
          globalSetup: ["tests/integration/global-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
