import { expect, it } from "vitest";
import { unfinishedWords } from "./unfinished-words.ts";

it("a recording is said to be in storage only as far as it is", () => {
  const waiting = { parts: 3, bytes: 4096, atMs: 65_000 };
  const words = unfinishedWords({ status: "finalizing", reason: "" }, waiting);
  expect(words).toMatch(/^What was recorded is in storage until 1:05\./);
  // There may be gaps.
  expect(words).not.toMatch(/\ball\b/i);
  for (const status of ["recording", "stopping", "finalizing"] as const)
    expect(unfinishedWords({ status, reason: "" }, null)).toMatch(
      /^It is still being recorded or finished\./,
    );
  expect(unfinishedWords({ status: "failed", reason: "Nothing was recorded." }, null)).toBe(
    "There is no recording that plays: Nothing was recorded.",
  );
});
