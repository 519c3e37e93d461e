import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { writeRefusedCsv } from "./refused-csv.ts";

test("what was left out can be put right and sent again, and is no formula (ASVS 1.2.10)", async () => {
  const line = { number: 3, ends: "+soon", endsAt: null, state: "refused", otherNumber: null } as const;
  async function* lines() {
    yield { ...line, email: '=cmd|"x"', problem: "This is no address." };
  }
  expect(await text(writeRefusedCsv(lines()))).toBe(
    `email,ends_at,line,problem\r\n"'=cmd|""x""",'+soon,3,This is no address.\r\n`,
  );
});
