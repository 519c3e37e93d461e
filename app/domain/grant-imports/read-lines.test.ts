import { expect, test } from "vitest";
import { findColumns } from "./columns.ts";
import { type ReadLine, readLines, type Unclosed, type Endless } from "./read-lines.ts";
import type { Source } from "./encoding.ts";

const sourceOf = (text: string, length = 7): Source =>
  async function* () {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
  };

async function read(text: string, { timeZone = "Europe/Berlin", length = 7 } = {}) {
  const open = sourceOf(text, length);
  const found = await findColumns(open, "utf-8");
  if (!found.ok) return found.reason;
  const lines: (ReadLine | Unclosed | Endless)[] = [];
  for await (const line of readLines(open, { ...found, encoding: "utf-8", timeZone })) lines.push(line);
  return lines;
}

/** Each line as its number and what it means. */
async function meant(text: string, options?: Parameters<typeof read>[1]) {
  const lines = await read(text, options);
  if (typeof lines === "string") return lines;
  return lines.map((line) => {
    if ("unclosed" in line) return `unclosed in ${line.unclosed}`;
    if ("endless" in line) return `endless in ${line.endless}`;
    return `${line.number} ${line.problem ?? line.address}`;
  });
}

test.each([
  ["commas", "email,name\na@example.com,A\n"],
  ["semicolons", "name;E-Mail\nA;a@example.com\n"],
  ["tabs", "Name\tEmail Address\nA\ta@example.com\n"],
  ["bars", "name|E-mail address\nA|a@example.com"],
  ["one column", "EMAIL\na@example.com\n"],
  ["quotation marks", '"name, first","e mail"\n"A, B",a@example.com\n'],
  ["a semicolon inside a name", '"name;x",email\n"A;B",a@example.com\n'],
])("a list with %s is read", async (_, text) => {
  expect(await meant(text)).toEqual(["2 a@example.com"]);
});

test("a first line that only says what separates is no line of names, and counts as a line", async () => {
  expect(await meant("sep=;\nname;email\nA;a@example.com\n")).toEqual(["3 a@example.com"]);
});

test("a line has the number that it has in the file, also after empty ones and fields over several lines", async () => {
  const text =
    '\nemail,note\n\na@example.com,"one\r\ntwo\nthree"\n,,,\n  \nb@example.com,\n"c@example.com","x\n"\nd@example.com,y';
  const expected = ["4 a@example.com", "9 b@example.com", "10 c@example.com", "12 d@example.com"];
  for (const length of [1, 7, 1000]) expect(await meant(text, { length })).toEqual(expected);
});

test("a quotation mark that is never closed is told with its line", async () => {
  expect(await meant('email,note\na@example.com,x\n\nb@example.com,"never\nclosed\n')).toContain(
    "unclosed in 4",
  );
  const endless = `email,note\na@example.com,x\nb@example.com,"${"never closed\n".repeat(20_000)}`;
  expect((await meant(endless, { length: 1000 })).at(-1)).toBe("endless in 3");
});

test("a line of more fields than any list has ends the reading", async () => {
  const wide = `email\na@example.com\n${",".repeat(1_000_000)}\nb@example.com\n`;
  expect((await meant(wide, { length: 16_384 })).at(-1)).toBe("endless in 3");
});

test("what our own file of problems marks against formulas is read without its mark", async () => {
  expect(await meant("email\n'+ada@example.com\n'-x@example.com\n'o@example.com\n")).toEqual([
    "2 +ada@example.com",
    "3 -x@example.com",
    "4 'o@example.com",
  ]);
});

test.each([
  ["no column for addresses", "name,phone\nA,1\n", "no_email"],
  ["an address instead of names", "a@example.com\nb@example.com\n", "no_email"],
  ["two of them", "email,E-Mail\na@example.com,b@example.com\n", "two_emails"],
  ["two ends", "email,until,ends at\na@example.com,,\n", "two_ends"],
])("a list with %s is refused", async (_, text, reason) => {
  expect(await read(text)).toBe(reason);
});

test("columns that we have no use for are named as they are typed", async () => {
  expect(await findColumns(sourceOf('email,First  Name,,"a\nb",ends_at'), "utf-8")).toMatchObject({
    ok: true,
    columns: { email: 0, ends: 4 },
    ignored: ["First Name", "a b"],
  });
});

test.each([
  ["  Ada@Example.COM ", "ada@example.com"],
  ["ａda@example.com", "ada@example.com"],
  ["", "no_address"],
  ["ada", "address"],
  ["=cmd@example.com", "address"],
  ['"=HYPERLINK(""https://example.com"")"', "address"],
  ["@SUM(A1)", "address"],
  ["Ada <ada@example.com>", "address"],
  ['"ada@example.com\r\nbcc: ben@example.com"', "address_sign"],
  ['"ada@example.com\r\n"', "address_sign"],
  ["ada\u0007@example.com", "address_sign"],
  [`${"a".repeat(250)}@example.com`, "address_long"],
  [`${"a".repeat(5000)}@example.com`, "address_long"],
])("the address %j is %s", async (typed, expected) => {
  expect(await meant(`email,name\n${typed},x\n`)).toEqual([`2 ${expected}`]);
});

test("what was typed is kept no longer than a page can show", async () => {
  const [line] = (await read(`email\n${"a".repeat(5000)}\n`)) as ReadLine[];
  expect(line!.email.length).toBeLessThan(310);
});

test.each([
  ["", null],
  ["2027-01-31", "2027-01-31T22:59:00Z"],
  ["2027-07-31 20:00", "2027-07-31T18:00:00Z"],
  ["2027-07-31T20:00:59", "2027-07-31T18:00:00Z"],
  ["2027-07-31T20:00Z", "2027-07-31T20:00:00Z"],
  ["2027-07-31 20:00:00+05:45", "2027-07-31T14:15:00Z"],
])("the end %j is %s", async (typed, endsAt) => {
  const [line] = (await read(`email,until\na@example.com,${typed}\n`)) as ReadLine[];
  expect(line).toMatchObject({ problem: null, endsAt });
});

test.each([
  "31.01.2027",
  "01/02/2027",
  "2027-02-30",
  "2027-01-31 25:00",
  "2027-01-31Z",
  "9999-01-01",
  "1027-01-01",
  "soon",
  "=1+1",
])("the end %j is a problem of its line", async (typed) => {
  const [line] = (await read(`email,until\na@example.com,${typed}\n`)) as ReadLine[];
  expect(line).toMatchObject({ problem: "end", endsAt: null, ends: typed });
});
