import fs from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { root } from "../root.ts";

/** A test that failed, by its full name, and what it said first. */
export type Failure = { test: string; said: string };
export type Count = { passed: number; failed: number; skipped?: number; failures?: Failure[] };

type VitestFile = {
  name?: string;
  status: string;
  message?: string;
  assertionResults: { status: string; fullName?: string; failureMessages?: string[] }[];
};
type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: VitestFile[];
};

type PlaywrightSpec = {
  title: string;
  file: string;
  ok: boolean;
  tests: { results: { error?: { message?: string } }[] }[];
};
type PlaywrightSuite = { specs?: PlaywrightSpec[]; suites?: PlaywrightSuite[] };
type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number };
  suites?: PlaywrightSuite[];
};

/** What vitest's report says. No report, no test at all, or a failure outside of any test is a failure as well. */
export function vitestCount(file: string, code: number): Count {
  const report = read<VitestReport>(file);
  if (!report) return { passed: 0, failed: 1 };
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some(hasFailed),
  );
  const failures = report.testResults.flatMap(({ name = "", assertionResults }) =>
    assertionResults
      .filter(hasFailed)
      .map(({ fullName = "", failureMessages }) => failure(`${name} ${fullName}`, failureMessages?.[0])),
  );
  return complete(
    {
      passed: report.numPassedTests,
      failed: report.numFailedTests + broken.length,
      skipped: report.numPendingTests,
      failures: [...failures, ...broken.map(({ name = "", message }) => failure(name, message))],
    },
    code,
  );
}

/** The same for Playwright; a test that passes only when tried again has failed. */
export function playwrightCount(file: string, code: number): Count {
  const report = read<PlaywrightReport>(file);
  if (!report) return { passed: 0, failed: 1 };
  const { stats, suites = [] } = report;
  const failures = suites
    .flatMap(specsOf)
    .filter(({ ok }) => !ok)
    .map(({ file: where, title, tests }) => {
      const said = tests.flatMap(({ results }) => results).find(({ error }) => error)?.error?.message;
      return failure(`${where} ${title}`, said);
    });
  return complete(
    { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped, failures },
    code,
  );
}

function specsOf({ specs = [], suites = [] }: PlaywrightSuite): PlaywrightSpec[] {
  return [...specs, ...suites.flatMap(specsOf)];
}

function hasFailed({ status }: { status: string }): boolean {
  return status === "failed";
}

/** The first lines say what was expected; what follows is where, and stands above in the stage's own words. */
function failure(test: string, said = ""): Failure {
  const lines = stripVTControlCharacters(said).split("\n").slice(0, 12);
  return { test: path.isAbsolute(test) ? path.relative(root, test) : test, said: lines.join("\n").trim() };
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
