import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { isReservedForSpaces, reservedForExperiences } from "./reserved.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const routes = readdirSync(path.join(root, "app/routes")).map((name) =>
  name.replace(/\.tsx?$/, "").split("."),
);
const isWord = (segment: string | undefined): segment is string =>
  segment !== undefined && /^[a-z0-9]/.test(segment);
const plain = (segment: string) => segment.replaceAll(/[[\]]/g, "").replace(/_$/, "");

test("every route's first word is one that no space can have", () => {
  const words = routes
    .map(([first]) => first)
    .filter(isWord)
    .map(plain);
  expect(words).toContain("account");
  expect(words.filter((word) => !isReservedForSpaces(word))).toEqual([]);
});

test("every word behind a space's address is one that no experience can have", () => {
  const words = routes.filter(([first]) => first?.startsWith("$space")).map(([, second]) => second);
  const fixed = words.filter(isWord).map(plain);
  expect(fixed).toContain("passes");
  expect(fixed.filter((word) => !reservedForExperiences.has(word))).toEqual([]);
});

test("every file that the server hands out has a name that no space can have", () => {
  const files = readdirSync(path.join(root, "public"));
  expect(files).toContain("favicon.ico");
  expect(files.filter((name) => !isReservedForSpaces(name))).toEqual([]);
});

test("what begins like the signal gate's address is reserved, and an ordinary name is not", () => {
  expect(isReservedForSpaces("rtc-fans")).toBe(true);
  expect(isReservedForSpaces("northlight")).toBe(false);
});
