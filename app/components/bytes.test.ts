import { expect, test } from "vitest";
import { formatBytes } from "./bytes.ts";

test("sizes are said with as many digits as matter", () => {
  expect([0, 1, 730, 1500, 12_345, 999_600, 1_340_000_000, 7_800_000_000_000].map(formatBytes)).toEqual([
    "0 bytes",
    "1 byte",
    "730 bytes",
    "1.5 kB",
    "12 kB",
    "1.0 MB",
    "1.3 GB",
    "7.8 TB",
  ]);
});
