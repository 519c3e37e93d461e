import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "#local/root.ts";
import { playwrightCount, vitestCount } from "#local/checks/counts.ts";

function report(content: object | string): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-counts-"));
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true }));
  const file = path.join(dir, "report.json");
  fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}
const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});
const vitest = (passed: number, failed: number, testResults: object[] = [], skipped = 0) =>
  report({ numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped, testResults });
const playwright = (expected: number, unexpected = 0, flaky = 0, skipped = 0) =>
  report({ stats: { expected, unexpected, flaky, skipped } });

test("tests are counted as they ended", () => {
  expect(vitestCount(vitest(3, 0), 0)).toMatchObject({ passed: 3, failed: 0 });
  expect(vitestCount(vitest(3, 1, [file("failed", "passed", "failed")], 2), 1)).toMatchObject({
    passed: 3,
    failed: 1,
    skipped: 2,
  });
  expect(playwrightCount(playwright(4, 2, 0, 1), 1)).toMatchObject({
    passed: 4,
    failed: 2,
    skipped: 1,
  });
});

test("a file that could not be loaded is a failure beside its unknown tests", () => {
  expect(vitestCount(vitest(3, 0, [file("failed"), file("passed", "passed")]), 1)).toMatchObject({
    passed: 3,
    failed: 1,
  });
});

test("a stage without any test has failed", () => {
  expect(vitestCount(vitest(0, 0), 0).failed).toBe(1);
  expect(playwrightCount(playwright(0, 0, 0, 5), 0).failed).toBe(1);
});

test("a stage that ends badly with every test passed has failed", () => {
  expect(vitestCount(vitest(3, 0), 1)).toMatchObject({ passed: 3, failed: 1 });
  expect(playwrightCount(playwright(3), 1)).toMatchObject({ passed: 3, failed: 1 });
});

test("a test that passes only when tried again has failed", () => {
  expect(playwrightCount(playwright(3, 0, 1), 0)).toMatchObject({ passed: 3, failed: 1 });
});

test("a report that is missing or broken is a failure", () => {
  expect(vitestCount(report("{"), 0)).toEqual({ passed: 0, failed: 1 });
  expect(playwrightCount("/nowhere/report.json", 0)).toEqual({ passed: 0, failed: 1 });
});

test("what failed is named, with the first lines of what it said", () => {
  const one = {
    name: path.join(root, "tests/a.test.ts"),
    status: "failed",
    assertionResults: [
      {
        status: "failed",
        fullName: "adds",
        failureMessages: ["\u001b[31mexpected 3\u001b[39m\n    at a.test.ts:4"],
      },
      { status: "passed", fullName: "subtracts", failureMessages: [] },
    ],
  };
  const other = {
    name: path.join(root, "tests/b.test.ts"),
    status: "failed",
    message: "no such module",
    assertionResults: [],
  };
  expect(vitestCount(vitest(1, 1, [one, other]), 1).failures).toEqual([
    { test: "tests/a.test.ts adds", said: "expected 3\n    at a.test.ts:4" },
    { test: "tests/b.test.ts", said: "no such module" },
  ]);

  const results = [{ error: { message: "no picture" } }];
  const specs = [
    { title: "is live", file: "live.spec.ts", ok: false, tests: [{ results }] },
    { title: "ends", file: "live.spec.ts", ok: true, tests: [{ results: [{}] }] },
  ];
  const stats = { expected: 1, unexpected: 1, flaky: 0, skipped: 0 };
  expect(playwrightCount(report({ stats, suites: [{ suites: [{ specs }] }] }), 1).failures).toEqual([
    { test: "live.spec.ts is live", said: "no picture" },
  ]);
});
