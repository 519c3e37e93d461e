import { expect, test } from "vitest";
import { readPreferences, writePreferences } from "./preferences.ts";

function keeping(text: string | null = null) {
  const kept = { text };
  return {
    getItem: () => kept.text,
    setItem: (_key: string, written: string) => void (kept.text = written),
  };
}

const usual = { speed: 1, captions: null, cueSize: "normal", cueBackground: "dark" };

test("what was chosen is there again", () => {
  const storage = keeping();
  const chosen = { speed: 1.5, captions: "de", cueSize: "large", cueBackground: "light" } as const;
  writePreferences(storage, chosen);
  expect(readPreferences(storage)).toEqual(chosen);
});

test("what is not known or makes no sense is as usual", () => {
  for (const text of [null, "", "{", "[]", '{"speed":16,"captions":7,"cueSize":"huge","cueBackground":[]}'])
    expect(readPreferences(keeping(text))).toEqual(usual);
  expect(readPreferences(undefined)).toEqual(usual);
});

test("a browser that keeps nothing only forgets", () => {
  const refuse = () => {
    throw new Error("private");
  };
  expect(readPreferences({ getItem: refuse })).toEqual(usual);
  expect(() => writePreferences({ setItem: refuse }, { ...readPreferences(undefined) })).not.toThrow();
});
