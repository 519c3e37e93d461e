import { expect, it } from "vitest";
import { readTyped, typedRows } from "./forms.ts";

const sent = (fields: [string, string][]) =>
  readTyped(new Request("http://localhost/", { method: "POST", body: new URLSearchParams(fields) }));

it("what was typed is a text by field, and a list where a field was sent several times", async () => {
  expect(
    await sent([
      ["a", "1"],
      ["b", "2\0"],
      ["a", "3"],
      ["__proto__", "x"],
    ]),
  ).toEqual(
    Object.fromEntries([["a", ["1", "3"]] as const, ["b", "2"] as const, ["__proto__", "x"] as const]),
  );
});

it("a form of more fields than any of ours is none, and is told at once", async () => {
  const begun = performance.now();
  expect(await sent(Array.from({ length: 20_000 }, (_, at) => [`from${at}`, "1"]))).toBeUndefined();
  expect(performance.now() - begun).toBeLessThan(3_000);
  expect(await sent(Array.from({ length: 1000 }, (_, at) => [`from${at}`, "1"]))).toBeDefined();
});

it("lines that were typed stay where they were", () => {
  const typed = { to2: "8", from0: "1", from2: ["7", "9"], other: "x", fromage: "y", from10000: "z" };
  expect(typedRows(typed, ["from", "to"])).toEqual([
    { from: "1", to: "" },
    { from: "", to: "" },
    { from: "7", to: "8" },
  ]);
});
