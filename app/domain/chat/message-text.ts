/** Characters as people see them. */
export const mostCharacters = 500;
/** A character as people see one can be of many parts (emoji with joiners): all parts together have a limit, too. */
const mostUnits = 2_000;
const mostLines = 5;
/** Accents pile up no higher than this ("zalgo"); no language needs more on one letter. */
const mostMarks = 3;

// Direction overrides, embeddings, isolates and marks: they turn around what stands beside them. Each message is
// isolated where it is shown (`Bidi`), so languages need none of them.
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
// C0 and C1 controls but the line break, lone surrogates, and characters that fill space without being seen.
const unseen =
  // eslint-disable-next-line no-misleading-character-class -- each of them by itself
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\p{Surrogate}|[\u{e0000}-\u{e001f}]/gu;
const tooManyMarks = new RegExp(`(\\p{M}{${mostMarks}})\\p{M}+`, "gu");

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Reads what somebody typed as a message: Unicode-normalized (NFC), without characters that nobody sees or that turn text
 * around, with at most three marks on a letter, at most five lines, trimmed. Refuses, in a sentence, what is then empty
 * or longer than 500 characters as people see them.
 */
export function readMessageText(typed: string): { ok: true; text: string } | { ok: false; message: string } {
  // Before anything that looks at each character: a text can have a hundred thousand of them.
  if (typed.length > mostUnits * 2) return tooLong;
  const text = typed
    .replaceAll(/\r\n?|[\u2028\u2029]/g, "\n")
    .replaceAll(directions, "")
    .replaceAll(unseen, "")
    .normalize("NFC")
    .replaceAll(tooManyMarks, "$1")
    .replaceAll(/[^\S\n]+/gu, " ")
    .replaceAll(/ ?\n ?/g, "\n")
    .replaceAll(/\n{2,}/g, "\n")
    .trim();
  if (!/[^\p{Cf}\p{Z}\p{M}\s]/u.test(text)) return { ok: false, message: "Write something first." };
  if (text.length > mostUnits) return tooLong;
  if (text.split("\n").length > mostLines)
    return { ok: false, message: `A message has at most ${mostLines} lines.` };
  const count = countCharacters(text);
  if (count > mostCharacters)
    return {
      ok: false,
      message: `This is too long: at most ${mostCharacters} characters, and this has ${count}.`,
    };
  return { ok: true, text };
}

const tooLong = { ok: false, message: `This is too long: at most ${mostCharacters} characters.` } as const;

/** As people count. */
function countCharacters(text: string): number {
  let count = 0;
  for (const _ of graphemes.segment(text)) count += 1;
  return count;
}
