import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const folder = path.dirname(createRequire(import.meta.url).resolve("@twemoji/svg/package.json"));
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What is a picture by itself, or was made one by what follows it. Letters and digits alone are not. */
const pictured = /\p{Emoji_Presentation}|\p{Extended_Pictographic}|\p{Regional_Indicator}|\ufe0f|\u20e3/u;

/** The emoji in a text, each with its picture (Twemoji) as a data URL. One that has no picture is left to the fonts. */
export function emojiIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { segment } of graphemes.segment(text)) {
    if (found[segment] || !pictured.test(segment)) continue;
    const file = namesOf(segment)
      .map((name) => path.join(folder, `${name}.svg`))
      .find((candidate) => existsSync(candidate));
    if (file) found[segment] = `data:image/svg+xml;base64,${readFileSync(file).toString("base64")}`;
  }
  return found;
}

/** Files are called by their code points, mostly without the one that asks for a picture, and people leave it out, too. */
function namesOf(emoji: string): string[] {
  const codes = [...emoji].map((character) => character.codePointAt(0)!.toString(16));
  return [codes.join("-"), codes.filter((code) => code !== "fe0f").join("-")];
}
