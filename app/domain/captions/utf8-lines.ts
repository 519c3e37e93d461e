type FoundLines = { ok: true; lines: string[] } | { ok: false; problem: { line: number; sentence: string } };

const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/** The lines of a UTF-8 file without its mark, whatever ends them; or the first line that is not UTF-8. */
export function asUtf8Lines(bytes: Uint8Array): FoundLines {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return { ok: false, problem: { line: 1, sentence: "This file is in UTF-16. Save it as UTF-8." } };
  const text = decode(bytes);
  if (text === undefined) {
    const sentence = "This line is not UTF-8. Save the file as UTF-8.";
    return { ok: false, problem: { line: firstWrongLine(bytes), sentence } };
  }
  // As WebVTT has it: a zero stands for a sign that nobody knows.
  return { ok: true, lines: text.replaceAll("\0", "\u{fffd}").split(/\r\n|\n|\r/) };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function firstWrongLine(bytes: Uint8Array): number {
  let line = 1;
  for (let from = 0; from < bytes.length; line++) {
    let to = from;
    while (to < bytes.length && bytes[to] !== lineFeed && bytes[to] !== carriageReturn) to++;
    if (decode(bytes.subarray(from, to)) === undefined) return line;
    from = bytes[to] === carriageReturn && bytes[to + 1] === lineFeed ? to + 2 : to + 1;
  }
  return line;
}
