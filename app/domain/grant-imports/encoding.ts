/** Opens a file anew and gives its bytes in pieces. */
export type Source = () => AsyncIterable<Uint8Array>;

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

export type FoundEncoding =
  { ok: true; encoding: Encoding } | { ok: false; reason: "empty" | "workbook" | "binary" };

/** How a spreadsheet program's own files begin: a ZIP archive, or the older container. */
const workbooks = ["504b0304", "d0cf11e0"];
const marks: [bytes: string, encoding: Encoding][] = [
  ["efbbbf", "utf-8"],
  ["fffe", "utf-16le"],
  ["feff", "utf-16be"],
];
const headBytes = 4096;

/**
 * In which encoding a file's text is: by its mark, by the zeros that UTF-16 has in plain words, and otherwise UTF-8 where
 * all of it is that, or Windows-1252, which holds Latin-1. Refuses a file without a byte (`empty`), a spreadsheet
 * program's own file (`workbook`), and what is no text (`binary`). Reads it to its end, a piece at a time.
 */
export async function findEncoding(open: Source): Promise<FoundEncoding> {
  const head = await readHead(open);
  if (head.length === 0) return { ok: false, reason: "empty" };
  const begins = head.toString("hex", 0, 4);
  if (workbooks.includes(begins)) return { ok: false, reason: "workbook" };
  const encoding = marks.find(([bytes]) => begins.startsWith(bytes))?.[1] ?? guessUtf16(head);
  if (encoding && encoding !== "utf-8")
    return (await isText(open, encoding)) ? { ok: true, encoding } : { ok: false, reason: "binary" };
  for (const encoding of ["utf-8", "windows-1252"] as const)
    if (await isText(open, encoding)) return { ok: true, encoding };
  return { ok: false, reason: "binary" };
}

/** A file's text in pieces, without a mark; every line ends with a line feed, whatever ended it in the file. */
export async function* readText(open: Source, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  let kept = "";
  for await (const bytes of open()) {
    const text = kept + decoder.decode(bytes, { stream: true });
    // The line feed that belongs to it may begin the next piece.
    kept = text.endsWith("\r") ? "\r" : "";
    yield withLineFeeds(kept ? text.slice(0, -1) : text);
  }
  yield withLineFeeds(kept + decoder.decode());
}

const withLineFeeds = (text: string) => text.replaceAll(/\r\n?/g, "\n");

async function readHead(open: Source): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of open()) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= headBytes) break;
  }
  return Buffer.concat(pieces).subarray(0, headBytes);
}

/** Letters of plain words are a zero and a byte in UTF-16: which of the two comes first says which of its kinds it is. */
function guessUtf16(head: Buffer): Encoding | undefined {
  const zeros = { first: 0, second: 0 };
  for (const [index, byte] of head.entries()) if (byte === 0) zeros[index % 2 === 0 ? "first" : "second"]++;
  const many = head.length / 10;
  if (zeros.second > many && zeros.first <= zeros.second / 10) return "utf-16le";
  if (zeros.first > many && zeros.second <= zeros.first / 10) return "utf-16be";
  return undefined;
}

/** Whether all of a file can be read so, and has no NUL, which no text has. */
async function isText(open: Source, encoding: Encoding): Promise<boolean> {
  const decoder = new TextDecoder(encoding, { fatal: encoding === "utf-8" });
  try {
    for await (const bytes of open()) {
      if (decoder.decode(bytes, { stream: true }).includes("\0")) return false;
    }
    decoder.decode();
    return true;
  } catch (error) {
    if (error instanceof TypeError && encoding === "utf-8") return false;
    throw error;
  }
}
