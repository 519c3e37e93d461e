import { expect, test } from "vitest";
import { type Encoding, findEncoding, readText, type Source } from "./encoding.ts";

/** In pieces of a few bytes, so that letters, marks and line ends are cut in two. */
const inPieces = (bytes: Uint8Array, length = 3): Source =>
  async function* () {
    for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
  };

const swapped = (text: string) => Buffer.from(text, "utf16le").swap16();
const text = "email,name\r\nzoé@example.com,Zoé 🎭\rben@example.com,Ben\n";
const withLineFeeds = "email,name\nzoé@example.com,Zoé 🎭\nben@example.com,Ben\n";
const plain = "email,name\nben@example.com,Ben\n";

async function read(open: Source): Promise<{ encoding: Encoding; text: string }> {
  const found = await findEncoding(open);
  if (!found.ok) throw new Error(found.reason);
  let all = "";
  for await (const piece of readText(open, found.encoding)) all += piece;
  return { encoding: found.encoding, text: all };
}

test.each<[string, Uint8Array, Encoding, string]>([
  ["UTF-8", Buffer.from(text), "utf-8", withLineFeeds],
  ["UTF-8 with a mark", Buffer.from(`\uFEFF${text}`), "utf-8", withLineFeeds],
  ["UTF-16 with a mark", Buffer.from(`\uFEFF${text}`, "utf16le"), "utf-16le", withLineFeeds],
  ["UTF-16 the other way round, with a mark", swapped(`\uFEFF${text}`), "utf-16be", withLineFeeds],
  ["UTF-16 without a mark", Buffer.from(plain, "utf16le"), "utf-16le", plain],
  ["UTF-16 the other way round, without a mark", swapped(plain), "utf-16be", plain],
  [
    "Windows-1252",
    Buffer.from("email,name\r\nz@example.com,Zo\xe9 \x80", "latin1"),
    "windows-1252",
    "email,name\nz@example.com,Zoé €",
  ],
])("%s is read, whatever ends its lines", async (_, bytes, encoding, expected) => {
  for (const length of [1, 3, 1000])
    expect(await read(inPieces(bytes, length))).toEqual({ encoding, text: expected });
});

test("what is no UTF-8 only at its end is Windows-1252 as a whole", async () => {
  const bytes = Buffer.from(`email\n${"a@example.com\n".repeat(2000)}zo\xe9@example.com\n`, "latin1");
  expect((await read(inPieces(bytes, 1000))).text).toMatch(/zoé@example\.com\n$/);
});

test.each<[string, Uint8Array, string]>([
  ["a file without a byte", Buffer.alloc(0), "empty"],
  ["a workbook", Buffer.from("PK\u0003\u0004 and the rest"), "workbook"],
  ["an older workbook", Buffer.from("d0cf11e0a1b11ae1", "hex"), "workbook"],
  ["a picture", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0xff, 0xd8, 0]), "binary"],
  ["text with a NUL late in it", Buffer.from(`email\n${"a@example.com\n".repeat(1000)}\0`), "binary"],
])("%s is refused", async (_, bytes, reason) => {
  expect(await findEncoding(inPieces(bytes))).toEqual({ ok: false, reason });
});
