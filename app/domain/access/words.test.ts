import { expect, test } from "vitest";
import type { AccessReason } from "./decision.ts";
import { accessWords } from "./words.ts";

const known = {
  email: "mara@example.com",
  spaceName: "Northlight Studio",
  passName: "Season 2026",
  ban: null,
};
const plain = (text: string) => text.replaceAll(/[\u2068\u2069]/g, "");
const all: AccessReason[] = [
  "team",
  "grant",
  "not_signed_in",
  "no_grant",
  "grant_not_started",
  "grant_expired",
  "grant_cancelled",
  "grant_refunded",
  "banned",
  "account_disabled",
  "retired",
];

test("every reason is a sentence, and no two are the same", () => {
  const sentences = all.map((reason) => accessWords(reason, known).sentence);
  for (const sentence of sentences) expect(sentence).toMatch(/^\S.*\.$/);
  expect(new Set(sentences).size).toBe(all.length);
});

test.each(["no_grant", "grant_expired", "grant_cancelled", "grant_refunded", "grant_not_started"] as const)(
  "who is signed in without a valid pass (%s) reads as whom, and that another address may help",
  (reason) => {
    expect(plain(accessWords(reason, known).next)).toContain(
      "You are signed in as mara@example.com. Do you hold a pass under another address? Then use that one.",
    );
  },
);

test("a pass that spoke is named, and a name that changes direction stays inside its marks", () => {
  const { sentence } = accessWords("grant_expired", { ...known, passName: "\u202egnihton" });
  expect(sentence).toBe("Your pass \u2068\u202egnihton\u2069 has run out.");
});

test("a ban says whether it is from one stream or from all", () => {
  const ban = { reason: "", until: null, whole: false };
  expect(plain(accessWords("banned", { ...known, ban }).sentence)).toBe(
    "The team of Northlight Studio has banned you from this stream.",
  );
  expect(plain(accessWords("banned", { ...known, ban: { ...ban, whole: true } }).sentence)).toBe(
    "The team of Northlight Studio has banned you from its streams.",
  );
});

test("getting a pass is offered only where it would help", () => {
  const helped = all.filter((reason) => accessWords(reason, known).passHelps);
  expect(helped).toEqual(["not_signed_in", "no_grant", "grant_expired", "grant_cancelled", "grant_refunded"]);
});
