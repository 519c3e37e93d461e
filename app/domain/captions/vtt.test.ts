import { describe, expect, test } from "vitest";
import { readVtt, writeVtt } from "./vtt.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => readVtt(bytes(text));

function cuesOf(text: string) {
  const found = read(text);
  if (!found.ok)
    throw new Error(found.problems.map(({ line, sentence }) => `${line}: ${sentence}`).join("\n"));
  return found.cues;
}

function problemsOf(file: string | Uint8Array) {
  const found = readVtt(typeof file === "string" ? bytes(file) : file);
  return found.ok ? [] : found.problems.map(({ line, sentence }) => `${line} ${sentence}`);
}

const plain = "WEBVTT\n\n00:01.000 --> 00:02.500\nHello\n\n00:03.000 --> 01:00:04.000\nto you\nall\n";

describe("what is read", () => {
  test("a plain file, with hours and without, and written again as it was understood", () => {
    const cues = cuesOf(plain);
    expect(cues).toEqual([
      { startMs: 1000, endMs: 2500, settings: "", text: "Hello" },
      { startMs: 3000, endMs: 3_604_000, settings: "", text: "to you\nall" },
    ]);
    const written = writeVtt(cues);
    expect(written).toBe(
      "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello\n\n00:00:03.000 --> 01:00:04.000\nto you\nall\n",
    );
    expect(cuesOf(written)).toEqual(cues);
  });

  test("a byte order mark, every kind of line end, and no line end at the end", () => {
    const cues = cuesOf(plain);
    expect(cuesOf(`\u{feff}${plain}`)).toEqual(cues);
    expect(cuesOf(plain.replaceAll("\n", "\r\n"))).toEqual(cues);
    expect(cuesOf(plain.replaceAll("\n", "\r"))).toEqual(cues);
    expect(cuesOf(plain.trimEnd())).toEqual(cues);
  });

  test("a header's words, names of cues, notes, styles and regions", () => {
    const file = `WEBVTT - by hand
Kind: captions

STYLE
::cue { background: url(https://elsewhere.example/x) }

NOTE
nothing to say here

REGION
id:bill

intro
00:01.000 --> 00:02.000 align:start position:10% region:bill onload:x
Hi`;
    const cues = cuesOf(file);
    expect(cues).toEqual([{ startMs: 1000, endMs: 2000, settings: "align:start position:10%", text: "Hi" }]);
    expect(writeVtt(cues)).not.toMatch(/elsewhere|nothing to say/);
  });

  test("cues that overlap or begin together; those that say nothing are left out", () => {
    const file =
      "WEBVTT\n\n00:01.000 --> 00:09.000\nA\n\n00:01.000 --> 00:02.000\nB\n\n00:05.000 --> 00:06.000\n";
    expect(cuesOf(file).map(({ text }) => text)).toEqual(["A", "B"]);
  });

  test("tags of captions as they are, and signs that are no tags as themselves", () => {
    const said = [
      "<v.loud Ada Lovelace>I <b>like</b> <c.yellow>it</c>, <i>you</i> <00:01.500>too</v>",
      "I <3 you & 2 < 3, AT&T &amp; &lt;co&gt;",
    ];
    const [cue] = cuesOf(`WEBVTT\n\n00:01.000 --> 00:02.000\n${said.join("\n")}`);
    expect(cue!.text.split("\n")).toEqual([said[0], "I &lt;3 you &amp; 2 &lt; 3, AT&amp;T &amp; &lt;co&gt;"]);
  });
});

describe("what is refused, by its line", () => {
  const cue = (times: string, text = "x") => `WEBVTT\n\n${times}\n${text}\n`;
  const file = (...cues: [string, string][]) =>
    ["WEBVTT", ...cues.map(([times, text]) => `${times}\n${text}`)].join("\n\n");

  test.each([
    ["no header", "00:01.000 --> 00:02.000\nx", "1 A WebVTT file begins with the word WEBVTT."],
    ["an empty file", "", "1 A WebVTT file begins with the word WEBVTT."],
    [
      "another word that begins so",
      "WEBVTTX\n\n00:01.000 --> 00:02.000\nx",
      "1 A WebVTT file begins with the word WEBVTT.",
    ],
    [
      "an SRT file",
      "1\n00:00:01,000 --> 00:00:02,000\nx",
      "1 This is an SRT file. Save it as WebVTT, which begins with the word WEBVTT.",
    ],
    ["no cue", "WEBVTT\n\nNOTE nothing", "null Nothing is said in this file: it has no cue."],
    ["a comma", cue("00:00:01,000 --> 00:00:02.000"), "3 Times have a point and no comma: 00:00:01.000."],
    ["no time", cue("00:01.000 --> soon"), "3 “soon” is no time. It looks like 00:01.000 or 01:02:03.000."],
    [
      "sixty seconds",
      cue("00:60.000 --> 01:02.000"),
      "3 “00:60.000” is no time. It looks like 00:01.000 or 01:02:03.000.",
    ],
    ["a missing time", cue("00:01.000 -->"), "3 A time is missing. It looks like 00:01.000 or 01:02:03.000."],
    ["an end before its begin", cue("00:02.000 --> 00:01.000"), "3 This cue ends before it begins."],
    ["an end at its begin", cue("00:02.000 --> 00:02.000"), "3 This cue ends before it begins."],
    [
      "cues that run backwards",
      file(["00:05.000 --> 00:06.000", "a"], ["00:01.000 --> 00:02.000", "b"]),
      "6 This cue begins before the one above it, which is in line 3.",
    ],
    [
      "text without times",
      "WEBVTT\n\nHello\nyou",
      "3 A cue begins with its times, such as 00:01.000 --> 00:04.000, or with a name above them.",
    ],
    [
      "a missing empty line",
      cue("00:01.000 --> 00:02.000", "a\n00:03.000 --> 00:04.000\nb"),
      "5 An empty line is missing above these times.",
    ],
    [
      "a cue in the header",
      "WEBVTT\n00:01.000 --> 00:02.000\nx\n\n00:03.000 --> 00:04.000\ny",
      "2 An empty line belongs above the first cue.",
    ],
    ...[
      "<script>alert(1)</script>",
      "<img src=x onerror=alert(1)>",
      "</div>",
      "<!-- x",
      "<font color=red>a",
    ].map((html): [string, string, string] => [
      `HTML: ${html}`,
      cue("00:01.000 --> 00:02.000", `a\n${html}`),
      `5 ${/^<[/!]?[a-z]*/.exec(html)![0]}> is HTML. Captions have <b>, <i>, <u>, <c>, <v>, <lang> and <ruby>.`,
    ]),
  ])("%s", (_, text, sentence) => {
    expect(problemsOf(text)).toEqual([sentence]);
    expect(problemsOf(text.replaceAll("\n", "\r\n"))).toEqual([sentence]);
  });

  test("all mistakes at once, each with its own line", () => {
    const problems = problemsOf("WEBVTT\n\n1 --> 2\na\n\n00:02.000 --> 00:01.000\n<p>\n\nb");
    expect(problems.map((problem) => problem.split(" ")[0])).toEqual(["3", "6", "7", "9"]);
  });

  test("bytes that are not UTF-8, where they are", () => {
    const latin = Buffer.from(`${plain}\r\n01:01:00.000 --> 01:02:00.000\r\nK\xe4se`, "latin1");
    expect(problemsOf(latin)).toEqual(["11 This line is not UTF-8. Save the file as UTF-8."]);
    const wide = Buffer.from(`\u{feff}${plain}`, "utf16le");
    expect(problemsOf(wide)).toEqual(["1 This file is in UTF-16. Save it as UTF-8."]);
  });

  test("garbage of any kind ends soon, and never as HTML", () => {
    const pieces = [
      "WEBVTT\n\n",
      "00:01.000 --> 00:02.000\n",
      "<",
      ">",
      "&",
      "b",
      "\0",
      "-->",
      "\r",
      "é",
      " ",
      "<v ",
    ];
    for (let round = 0; round < 2000; round++) {
      const text = Array.from(
        { length: 12 },
        (_, place) => pieces[(round * 31 + place * (round % 11)) % 12],
      ).join("");
      const found = read(text);
      if (found.ok) for (const cue of found.cues) expect(cue.text).not.toMatch(/<(?!\/?(?:b|v)\b)/);
    }
    const long = `WEBVTT\n\n00:01.000 --> 00:02.000\n${"<".repeat(200_000)}`;
    expect(read(long).ok).toBe(true);
  });
});
