import lookAlikes from "unhomoglyph/data.json" with { type: "json" };

/**
 * A space's blocked words. A line is a word or several ("bad words"), found where they stand alone; with an asterisk at
 * its beginning, end or both (`*bad*`) it is found inside longer words, too. Compared are letters as people see them:
 * without case, accents and look-alikes of other alphabets, also where letters are repeated ("baaad") or kept apart
 * ("b a d", "b.a.d").
 *
 * A line is compared by hand, never as a regular expression, so that no line and no text can make it hang: the work is
 * at most the length of the text times the number of lines that begin with the same letter.
 */
export type BlockedWords = {
  /** Whole words, by their letters with repetitions taken out. */
  whole: Map<string, Entry[]>;
  /** Parts of words, by their first letter. */
  parts: Map<string, Entry[]>;
};

type Run = { letter: string; times: number };
type Entry = { typed: string; words: Run[][]; atStart: boolean; atEnd: boolean };

export const mostLines = 1_000;
export const mostLineLength = 60;

/** Reads a list as it was typed, a line a word; empty and repeated lines are left out. Refuses, naming the line. */
export function readBlockedWords(
  typed: string,
): { ok: true; lines: string[] } | { ok: false; message: string } {
  const lines = typed
    .split(/\r\n|\r|\n/)
    .map((line) => line.normalize("NFC").replaceAll(/\s+/gu, " ").trim());
  const kept = [...new Set(lines.filter((line) => line !== ""))];
  if (kept.length > mostLines)
    return {
      ok: false,
      message: `This list has ${kept.length.toLocaleString("en-GB")} lines. There is room for ${mostLines.toLocaleString("en-GB")}.`,
    };
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    const at = `Line ${index + 1}`;
    if ([...line].length > mostLineLength)
      return { ok: false, message: `${at} is longer than ${mostLineLength} characters.` };
    const core = line.replace(/^\*/, "").replace(/\*$/, "");
    if (core.includes("*"))
      return { ok: false, message: `${at}: an asterisk can only stand at the beginning or the end.` };
    const letters = wordsIn(core).join("");
    if (letters === "") return { ok: false, message: `${at} has no letter or number in it.` };
    if (core !== line && [...letters].length < 2)
      return {
        ok: false,
        message: `${at} would block nearly everything: a part needs at least two letters.`,
      };
  }
  return { ok: true, lines: kept };
}

/** Makes a list ready to be looked for. Lines are as `readBlockedWords` gave them. */
export function compileBlockedWords(lines: string[]): BlockedWords {
  const whole = new Map<string, Entry[]>();
  const parts = new Map<string, Entry[]>();
  for (const line of lines) {
    const [atStart, atEnd] = [!line.startsWith("*"), !line.endsWith("*")];
    const typed = line.replace(/^\*/, "").replace(/\*$/, "");
    const words = wordsIn(typed).map(runsOf);
    const [first] = words;
    if (!first) continue;
    const entry = { typed, words, atStart, atEnd };
    const isWhole = atStart && (atEnd || words.length > 1);
    const [entries, key] = isWhole ? [whole, lettersOf(first)] : [parts, first[0]?.letter ?? ""];
    const same = entries.get(key);
    if (same) same.push(entry);
    else entries.set(key, [entry]);
  }
  return { whole, parts };
}

/** The first blocked word in a text, as it stands in the list without asterisks; undefined when there is none. */
export function findBlockedWord({ whole, parts }: BlockedWords, text: string): string | undefined {
  if (whole.size === 0 && parts.size === 0) return undefined;
  for (const words of readings(text)) {
    for (const [index, word] of words.entries()) {
      for (const entry of whole.get(lettersOf(word)) ?? [])
        if (standsAt(entry, words, index)) return entry.typed;
      if (parts.size === 0) continue;
      for (const [from, { letter }] of word.entries())
        for (const entry of parts.get(letter) ?? [])
          if (standsIn(entry, words, { index, from })) return entry.typed;
    }
  }
  return undefined;
}

function standsAt(entry: Entry, words: Run[][], index: number): boolean {
  return entry.words.every((wanted, step) => {
    const word = words[index + step];
    const open = !entry.atEnd && step === entry.words.length - 1;
    return (
      word !== undefined &&
      (open || word.length === wanted.length) &&
      matchesFrom(wanted, word, 0, { openEnd: open })
    );
  });
}

function standsIn(entry: Entry, words: Run[][], { index, from }: { index: number; from: number }): boolean {
  const word = words[index] ?? [];
  const [wanted = [], ...others] = entry.words;
  const left = word.length - from - wanted.length;
  if (left < 0 || (entry.atStart && from > 0)) return false;
  // "*ad word": the first word ends so, and the others follow.
  if (others.length > 0)
    return (
      left === 0 &&
      matchesFrom(wanted, word, from, { openStart: !entry.atStart }) &&
      standsAt({ ...entry, words: others }, words, index + 1)
    );
  return (
    (!entry.atEnd || left === 0) &&
    matchesFrom(wanted, word, from, { openStart: !entry.atStart, openEnd: !entry.atEnd })
  );
}

/**
 * Each letter as often as in the list, or clearly drawn out: "good" is not "god", and "gooood" is both. At an open edge
 * the letters that stand before or after may be the same one, or look like it ("weasel" in "weasellike", "weaselish").
 */
function matchesFrom(
  wanted: Run[],
  word: Run[],
  from: number,
  { openStart = false, openEnd = false }: { openStart?: boolean; openEnd?: boolean },
): boolean {
  return wanted.every(({ letter, times }, index) => {
    const run = word[from + index];
    const open = (openStart && index === 0) || (openEnd && index === wanted.length - 1);
    return run?.letter === letter && (run.times === times || run.times >= (open ? times : 3));
  });
}

/**
 * The words of a text in the ways in which it can be read: as it stands; with what only punctuation parts joined
 * ("b.a.d"); with letters that stand alone joined ("b a d").
 */
function readings(text: string): Run[][][] {
  const folded = fold(text);
  const plain = split(folded);
  const joined = folded
    .split(/\s+/u)
    .map((piece) => piece.replaceAll(notLetters, ""))
    .filter(Boolean);
  return [plain, joined, joinSingles(plain)].map((words) => words.map(runsOf));
}

function joinSingles(words: string[]): string[] {
  const joined: string[] = [];
  let singles = "";
  for (const word of [...words, ""]) {
    if ([...word].length === 1) singles += word;
    else {
      if ([...singles].length > 1) joined.push(singles);
      singles = "";
    }
  }
  return joined;
}

const notLetters = /[^\p{L}\p{N}]+/gu;

const wordsIn = (text: string) => split(fold(text));
const split = (folded: string) => folded.split(notLetters).filter(Boolean);

/** Look-alikes by Unicode's own table (UTS 39, confusables.txt, in the package unhomoglyph). */
const alike = new Map(Object.entries(lookAlikes as Record<string, string>));
/** What people write for letters, and letters that one sign stands for: I, l and 1 are one. */
const written: Record<string, string> = {
  ...{ "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "0": "o" },
  ...{ "1": "l", i: "l", "@": "a", $: "s", "€": "e", "£": "l" },
};

/** Signs that stand for a letter only between letters: an exclamation mark at a word's end is one. */
const signInWord = /(?<=[\p{L}\p{N}])[!|](?=[\p{L}\p{N}])/gu;

function fold(text: string): string {
  let folded = "";
  const plain = text.normalize("NFKC").toLowerCase().normalize("NFD").replaceAll(signInWord, "l");
  for (const character of plain) {
    if (/\p{M}/u.test(character)) continue;
    const isLetter = /[\p{L}\p{N}]/u.test(character);
    const seen = ((isLetter && alike.get(character)) || character).toLowerCase();
    for (const each of seen) folded += written[each] ?? each;
  }
  return folded;
}

function runsOf(word: string): Run[] {
  const runs: Run[] = [];
  for (const letter of word) {
    const last = runs.at(-1);
    if (last?.letter === letter) last.times += 1;
    else runs.push({ letter, times: 1 });
  }
  return runs;
}

const lettersOf = (runs: Run[]) => runs.map(({ letter }) => letter).join("");
