import type { Chapter } from "./chapters.ts";
import { readTime, writeTime } from "./typed-time.ts";

export type TypedChapter = { at: string; title: string };

export const mostChapters = 100;
const mostLetters = 120;
// C0 controls but line breaks and tabs, which become spaces, DEL and C1.
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/**
 * Chapters from what was typed, in order; lines with neither time nor title are none. A line that says what one of `saved`
 * says is that one: what was written into the form is rounded. Refuses, beside its field (`at0`,
 * `title0`, …), a time without a title and the other way round, what lies outside of what plays, and two at one time.
 */
export function readChapterList(
  typed: readonly TypedChapter[],
  durationMs: number,
  saved: readonly Chapter[] = [],
): { ok: true; chapters: Chapter[] } | { ok: false; problems: Record<string, string> } {
  const problems: Record<string, string> = {};
  const chapters: Chapter[] = [];
  const untouched = [...saved];
  for (const [index, line] of typed.entries()) {
    const title = line.title.normalize("NFC").replaceAll(/\s+/gu, " ").trim();
    if (line.at.trim() === "" && title === "") continue;
    const same = untouched.findIndex((one) => one.title === title && writeTime(one.atMs) === line.at.trim());
    const [one] = same < 0 ? [] : untouched.splice(same, 1);
    const time = one ? { ok: true as const, ms: one.atMs } : readTime(line.at, durationMs);
    if (line.at.trim() === "") problems[`at${index}`] = "Say when this chapter begins.";
    else if (!time.ok) problems[`at${index}`] = time.sentence;
    else if (time.ms >= durationMs)
      problems[`at${index}`] =
        `The recording ends at ${writeTime(durationMs)}. A chapter begins before that.`;
    else if (chapters.some(({ atMs }) => atMs === time.ms))
      problems[`at${index}`] = `Another chapter begins at ${writeTime(time.ms)} already.`;
    if (title.replaceAll(/[\p{Cf}\p{Z}]/gu, "") === "")
      problems[`title${index}`] = "Give this chapter a title.";
    else if (controls.test(title))
      problems[`title${index}`] = "This title has a character that cannot be shown. Type it again.";
    else if ([...title].length > mostLetters)
      problems[`title${index}`] = `A title is at most ${mostLetters} characters long.`;
    if (time.ok) chapters.push({ atMs: time.ms, title });
  }
  if (chapters.length > mostChapters) problems[""] = `A recording has at most ${mostChapters} chapters.`;
  if (Object.keys(problems).length > 0) return { ok: false, problems };
  return { ok: true, chapters: chapters.sort((a, b) => a.atMs - b.atMs) };
}
