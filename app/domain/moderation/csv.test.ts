import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { writeLogCsv } from "./csv.ts";
import type { LogEntry } from "./log.ts";

const entry: LogEntry = {
  id: "0",
  at: new Date("2026-11-28T10:00:00Z"),
  kind: "timed_out",
  actor: { id: "1", name: "Ida", email: null },
  target: { id: "2", name: "Ben", email: "ben@example.com" },
  stream: { id: "3", title: "Monday" },
  messageNumber: null,
  reason: "spam",
  until: new Date("2026-11-28T10:10:00Z"),
  details: { minutes: 10 },
  enforcedAt: new Date("2026-11-28T10:00:01Z"),
  outcome: "",
};
const csv = (...entries: LogEntry[]) =>
  text(
    writeLogCsv(
      (async function* () {
        yield* entries;
      })(),
    ),
  );

test("an act is a line with its time, who, whom, why and until when", async () => {
  expect(await csv(entry)).toBe(
    "time,act,detail,by,by_address,to,to_address,stream,reason,until,enforced,outcome\r\n" +
      "2026-11-28T10:00:00.000Z,Timed out,for 10 minutes,Ida,,Ben,ben@example.com,Monday,spam,2026-11-28T10:10:00.000Z,2026-11-28T10:00:01.000Z,\r\n",
  );
});

test.each(["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])(
  "people's words are no formula: %j (ASVS 1.2.10)",
  async (words) => {
    const [, line] = (await csv({ ...entry, reason: words })).split("\r\n2026");
    expect(line ?? "").toContain(`'${words}`);
  },
);

test("quotation marks, commas and line breaks stay inside their field", async () => {
  const lines = await csv({ ...entry, reason: 'he said "a,\r\nb"' });
  expect(lines).toContain('"he said ""a,\r\nb"""');
});

test.each(["a\nb", "a\rb"])("a line break of any kind is inside its field: %j", async (reason) => {
  expect(await csv({ ...entry, reason })).toContain(`"${reason}"`);
});

test("a log without acts is its head alone", async () => {
  expect((await csv()).split("\r\n")).toHaveLength(2);
});
