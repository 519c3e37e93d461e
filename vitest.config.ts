import { defineConfig } from "vitest/config";

/*
 * Files share a process (`isolate: false`): each would otherwise read the whole product anew. What a file opens, it closes.
 */

const recorder = "tests/contract/egress*.test.ts";

export default defineConfig({
  test: {
    passWithNoTests: false,
    // A test that speaks to servers waits for them half of its time: five at once keep two cores busy.
    maxWorkers: 5,
    projects: [
      {
        test: {
          name: "unit",
          include: ["{app,db,worker,local}/**/*.test.{ts,tsx}", "tests/local/**/*.test.ts"],
          exclude: ["tests/local/**/*.integration.test.ts"],
          environment: "node",
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["tests/{integration,contract}/**/*.test.ts", "tests/local/**/*.integration.test.ts"],
          exclude: [recorder],
          environment: "node",
          isolate: false,
          globalSetup: ["tests/integration/global-setup.ts"],
          // What people get: React for developers looks at everything twice.
          env: { NODE_ENV: "production" },
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
