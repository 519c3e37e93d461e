import { expect, it } from "vitest";
import { describeMachine, describeRun, mergeRows, mergeSections } from "#tests/results.ts";

const sections = `# Benches

An old machine.

## chat

Of 2025.

\`\`\`
bench chat ratio=4
\`\`\`

## gone

Nobody runs it any more.

## chat-webhook

Kept.
`;

it("a section is replaced by its own run alone, and those of benches that are gone are dropped", () => {
  const names = ["arrivals", "chat", "chat-webhook"];
  const done = { chat: "## chat\n\nOf 2026.\n", arrivals: "## arrivals\n\nNew.\n" };
  const merged = mergeSections(sections, { head: ["# Benches", "", "A new machine.", ""], names, done });
  expect(merged).toBe(
    "# Benches\n\nA new machine.\n\n## arrivals\n\nNew.\n\n## chat\n\nOf 2026.\n\n## chat-webhook\n\nKept.\n",
  );
  expect(mergeSections(merged, { head: ["# Benches", "", "A new machine."], names, done })).toBe(merged);
});

it("the first run of all makes the file", () => {
  expect(mergeSections("", { head: ["# Benches"], names: ["one"], done: { one: "## one\n\nIt." } })).toBe(
    "# Benches\n\n## one\n\nIt.\n",
  );
});

it("a row is replaced by its own run alone, and those of faults that are gone are dropped", () => {
  const head = ["# Faults", "", "| # | fault | when |", "|--|--|--|"];
  const before = [...head, "| F1 | a \\| b | 2025 |", "| F2 | gone | 2025 |", "| F10 | kept | 2025 |", ""];
  const merge = {
    head,
    names: ["F1", "F3", "F10"],
    done: { F1: "| F1 | a | 2026 |", F3: "| F3 | new | 2026 |" },
  };
  const merged = mergeRows(before.join("\n"), merge);
  const rows = ["| F1 | a | 2026 |", "| F3 | new | 2026 |", "| F10 | kept | 2025 |"];
  expect(merged.split("\n")).toEqual([...head, ...rows, ""]);
  expect(mergeRows(merged, merge)).toBe(merged);
});

it("a run says its day and commit, and the file its machine", () => {
  expect(describeRun()).toMatch(/^\d{4}-\d{2}-\d{2}, [0-9a-f]{7,}( with changes)?$/);
  expect(describeMachine()).toMatch(/^\d+ cores \(.+\), \d+ GiB, .+, Node v\d+/);
});
