import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "#local/root.ts";

const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const number = /^\d+\.\d+\.\d+$/;

/** "9.1.2, 9.2.1 to 9.2.4" as single items. */
function itemsIn(words: string): string[] {
  return words.split(", ").flatMap((part) => {
    const [from = "", to = from] = part.split(" to ");
    if (!number.test(from) || !number.test(to)) throw new Error(`"${words}" is no list of items`);
    const [chapter, section, first] = from.split(".").map(Number);
    const last = Number(to.split(".")[2]);
    return Array.from({ length: last - first! + 1 }, (_, at) => `${chapter}.${section}.${first! + at}`);
  });
}

/** Which items the names of a file's tests end with. */
const namedIn = (file: string) =>
  [...read(file).matchAll(/\(ASVS ([^)]*)\)["'`],/g)].flatMap(([, words]) => itemsIn(words!));

const rows = [...read("tests/security.md").matchAll(/^\| (\d\S*) +\| (.*?) *\|$/gm)].map(
  ([, item, where]) => ({
    item: item!,
    where: where!,
    files: [...where!.matchAll(/`([^`]+)`/g)].map(([, file]) => file!),
  }),
);
const testFiles = globSync("{app,db,worker,local,tests}/**/*.{test,spec}.{ts,tsx}", { cwd: root }).filter(
  (file) => file !== "tests/local/security.test.ts",
);

describe("the table of security tests", () => {
  test("has each item once, in order", () => {
    const inOrder = rows
      .map(({ item }) => item)
      .toSorted((one, other) => {
        const [a, b] = [one, other].map((item) => item.split(".").map(Number));
        return a![0]! - b![0]! || a![1]! - b![1]! || a![2]! - b![2]!;
      });
    expect(rows.map(({ item }) => item)).toEqual(inOrder);
    expect(new Set(inOrder).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(60);
  });

  test.each(rows)("$item is where it says", ({ item, where, files }) => {
    expect(item).toMatch(number);
    for (const file of files) expect(namedIn(file), file).toContain(item);
    if (files.length === 0) expect(where).toMatch(/^Does not apply: .{20,}/);
  });

  test("names every test that is named after an item", () => {
    const named = testFiles.flatMap((file) => namedIn(file).map((item) => `${item} ${file}`));
    const told = rows.flatMap(({ item, files }) => files.map((file) => `${item} ${file}`));
    expect([...new Set(named)].sort()).toEqual(told.sort());
  });

  test("sees each number that stands in a test's name", () => {
    for (const file of testFiles)
      expect([file, namedIn(file).length > 0]).toEqual([file, read(file).includes("(ASVS ")]);
  });
});
