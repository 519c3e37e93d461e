import { asUtf8Lines } from "./utf8-lines.ts";

/** Something said in captions, from one instant of a recording to another; its text is WebVTT, and safe. */
export type Cue = { startMs: number; endMs: number; settings: string; text: string };

/** What is wrong with a file, and in which line (from 1); null for the file as a whole. */
export type VttProblem = { line: number | null; sentence: string };

export type FoundCues = { ok: true; cues: Cue[] } | { ok: false; problems: VttProblem[] };

type Line = { number: number; text: string };

/** So many mistakes are found; whoever made more hears that there are. */
export const mostProblems = 100;

/**
 * Reads a WebVTT file. A byte order mark, any line ends, notes, regions, overlapping cues and settings that nobody knows
 * are fine; styles are left out, as the person who watches has them. Refused, with all their lines, are: what is not
 * UTF-8, a missing header, times that cannot be read, run backwards or end before they begin, and HTML. It stops
 * at the first `mostProblems` of them.
 */
export function readVtt(bytes: Uint8Array): FoundCues {
  const decoded = asUtf8Lines(bytes);
  if (!decoded.ok) return { ok: false, problems: [decoded.problem] };
  const lines = decoded.lines.map((text, index): Line => ({ number: index + 1, text }));
  const [header, ...blocks] = toBlocks(lines);
  const headless = !/^WEBVTT(?:[ \t]|$)/.test(lines[0]?.text ?? "");
  if (headless) return { ok: false, problems: [{ line: 1, sentence: headerSentence(decoded.lines) }] };

  const problems: VttProblem[] = [];
  const cues: Cue[] = [];
  const crowded = header?.find(({ text }) => text.includes("-->"));
  if (crowded)
    problems.push({ line: crowded.number, sentence: "An empty line belongs above the first cue." });
  let before: { line: number; startMs: number } | undefined;
  for (const block of blocks) {
    if (problems.length >= mostProblems) break;
    if (isAside(block)) continue;
    const read = readCue(block);
    problems.push(...read.problems);
    if (!read.cue) continue;
    const { line, cue } = read;
    if (before && cue.startMs < before.startMs) {
      const sentence = `This cue begins before the one above it, which is in line ${before.line}.`;
      problems.push({ line, sentence });
    }
    before = { line, startMs: cue.startMs };
    if (cue.text.trim()) cues.push(cue);
  }
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, mostProblems) };
  if (cues.length === 0)
    return {
      ok: false,
      problems: [{ line: null, sentence: "Nothing is said in this file: it has no cue." }],
    };
  return { ok: true, cues };
}

/** Cues as a file, which says nothing but what was understood of them. */
export function writeVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(
    ({ startMs, endMs, settings, text }) =>
      `${timestamp(startMs)} --> ${timestamp(endMs)}${settings && ` ${settings}`}\n${text}\n`,
  );
  return ["WEBVTT\n", ...blocks].join("\n");
}

/** The cues of a file that `writeVtt` has written. One that ends where it begins is none. */
export function readWrittenVtt(vtt: string): Cue[] {
  return vtt
    .trimEnd()
    .split("\n\n")
    .flatMap((block) => {
      const end = block.indexOf("\n");
      const times = end === -1 ? undefined : readTiming(block.slice(0, end));
      if (!times?.ok) return [];
      const { startMs, endMs, settings } = times;
      return [{ startMs, endMs, settings, text: block.slice(end + 1) }];
    });
}

function toBlocks(lines: readonly Line[]): Line[][] {
  const blocks: Line[][] = [];
  let block: Line[] = [];
  for (const line of [...lines, { number: 0, text: "" }]) {
    if (line.text.trim() !== "") block.push(line);
    else if (block.length > 0) {
      blocks.push(block);
      block = [];
    }
  }
  return blocks;
}

const isAside = ([first]: Line[]) =>
  /^(?:NOTE(?:[ \t]|$)|(?:STYLE|REGION)[ \t]*$)/.test(first!.text) && !first!.text.includes("-->");

function headerSentence(lines: readonly string[]): string {
  const begin = lines.filter((line) => line.trim() !== "").slice(0, 2);
  const looksLikeSrt = begin.some((line) => /\d,\d{3}\s*-->/.test(line));
  return looksLikeSrt
    ? "This is an SRT file. Save it as WebVTT, which begins with the word WEBVTT."
    : "A WebVTT file begins with the word WEBVTT.";
}

type ReadCue = { problems: VttProblem[] } & ({ cue: Cue; line: number } | { cue?: undefined });

function readCue(block: readonly Line[]): ReadCue {
  const place = block.findIndex(({ text }) => text.includes("-->"));
  const timing = block[place];
  if (!timing || place > 1) {
    const line = block[0]!.number;
    const sentence =
      "A cue begins with its times, such as 00:01.000 --> 00:04.000, or with a name above them.";
    return { problems: [{ line, sentence }] };
  }
  const times = readTiming(timing.text);
  const problems = times.ok ? [] : [{ line: timing.number, sentence: times.sentence }];
  const said: string[] = [];
  for (const { number, text } of block.slice(place + 1)) {
    if (problems.length >= mostProblems) break;
    const read = text.includes("-->")
      ? { ok: false as const, sentence: "An empty line is missing above these times." }
      : readText(text);
    if (read.ok) said.push(read.text);
    else problems.push({ line: number, sentence: read.sentence });
  }
  if (!times.ok) return { problems };
  const { startMs, endMs, settings } = times;
  return { problems, line: timing.number, cue: { startMs, endMs, settings, text: said.join("\n") } };
}

type Timing =
  { ok: true; startMs: number; endMs: number; settings: string } | { ok: false; sentence: string };

const known =
  /^(?:vertical:(?:rl|lr)|line:-?\d+(?:\.\d+)?%?(?:,(?:start|center|end))?|position:\d+(?:\.\d+)?%(?:,(?:line-left|center|line-right))?|size:\d+(?:\.\d+)?%|align:(?:start|center|end|left|right))$/;

function readTiming(text: string): Timing {
  const [from = "", rest = ""] = text.split("-->", 2).map((side) => side.trim());
  const [to = "", ...settings] = rest.split(/[ \t]+/);
  const [startMs, endMs] = [readTime(from), readTime(to)];
  if (startMs === undefined || endMs === undefined) {
    const wrong = startMs === undefined ? from : to;
    return { ok: false, sentence: timeSentence(wrong) };
  }
  if (endMs <= startMs) return { ok: false, sentence: "This cue ends before it begins." };
  return { ok: true, startMs, endMs, settings: settings.filter((each) => known.test(each)).join(" ") };
}

function timeSentence(wrong: string): string {
  if (!wrong) return "A time is missing. It looks like 00:01.000 or 01:02:03.000.";
  if (/^[\d:]+,\d+$/.test(wrong)) return `Times have a point and no comma: ${wrong.replace(",", ".")}.`;
  const shown = wrong.length > 30 ? `${wrong.slice(0, 29)}…` : wrong;
  return `“${shown}” is no time. It looks like 00:01.000 or 01:02:03.000.`;
}

function readTime(text: string): number | undefined {
  const found = /^(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})$/.exec(text);
  if (!found) return undefined;
  const [hours, minutes, seconds, ms] = found.slice(1).map((part) => Number(part ?? 0));
  return ((hours! * 60 + minutes!) * 60 + seconds!) * 1000 + ms!;
}

export function timestamp(ms: number): string {
  const two = (n: number, digits = 2) => String(Math.floor(n)).padStart(digits, "0");
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${two(ms % 1000, 3)}`;
}

const tag =
  /^<\/?(?:c|i|b|u|ruby|rt|v|lang)(?:\.[^\s<>&.]+)*(?:[ \t][^<>]*)?>|^<(?:\d{2,}:)?\d\d:\d\d\.\d{3}>/;
const reference = /^&(?:[a-z][a-z\d]*|#\d{1,7}|#x[\da-f]{1,6});/i;

/** A line that is said: its own tags stay, a sign that is none stands for itself, and HTML is refused. */
function readText(line: string): { ok: true; text: string } | { ok: false; sentence: string } {
  let text = "";
  for (let at = 0; at < line.length;) {
    const sign = line[at]!;
    const rest = sign === "<" || sign === "&" ? line.slice(at, at + 500) : "";
    const kept = (tag.exec(rest) ?? reference.exec(rest))?.[0];
    if (!kept && /^<(?:!|[/?]?[a-z])/i.test(rest)) {
      const html = /^<[/!?]?[a-z\d]*/i.exec(rest)![0].slice(0, 20);
      return {
        ok: false,
        sentence: `${html}> is HTML. Captions have <b>, <i>, <u>, <c>, <v>, <lang> and <ruby>.`,
      };
    }
    text += kept ?? (sign === "<" ? "&lt;" : sign === "&" ? "&amp;" : sign);
    at += kept?.length ?? 1;
  }
  return { ok: true, text };
}
