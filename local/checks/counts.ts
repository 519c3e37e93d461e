import fs from "node:fs";

export type Count = { passed: number; failed: number; skipped?: number };

type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
};

type PlaywrightReport = { stats: { expected: number; unexpected: number; flaky: number; skipped: number } };

/** What vitest's report says. No report, no test at all, or a failure outside of any test is a failure as well. */
export function vitestCount(file: string, code: number): Count {
  const report = read<VitestReport>(file);
  if (!report) return { passed: 0, failed: 1 };
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((one) => one.status === "failed"),
  );
  return complete(
    {
      passed: report.numPassedTests,
      failed: report.numFailedTests + broken.length,
      skipped: report.numPendingTests,
    },
    code,
  );
}

/** The same for Playwright; a test that passes only when tried again has failed. */
export function playwrightCount(file: string, code: number): Count {
  const stats = read<PlaywrightReport>(file)?.stats;
  if (!stats) return { passed: 0, failed: 1 };
  return complete(
    { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped },
    code,
  );
}

function complete(count: Count, code: number): Count {
  const nothing = count.passed + count.failed === 0;
  return count.failed === 0 && (nothing || code !== 0) ? { ...count, failed: 1 } : count;
}

function read<T>(file: string): T | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as T;
  } catch {
    return undefined;
  }
}
