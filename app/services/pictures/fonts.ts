import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Font } from "satori";

const require = createRequire(import.meta.url);

/** A package of @fontsource. Its files each hold a part of the letters; a numbered one is named `[4]` where parts are listed. */
type Family = {
  name: string;
  source: string;
  file: (part: string) => string;
  /** What its packages say that there is; ours for Latin promises more than its files hold. */
  promisesMore?: boolean;
};

const heavy = (name: string): Family => ({
  name,
  source: `@fontsource/${name}`,
  file: (part) => `${name}-${part}-700-normal.woff`,
});
/** One file has all weights, of which the lightest is drawn; satori makes it bold. */
const variable = (name: string): Family => ({
  name,
  source: `@fontsource-variable/${name}`,
  file: (part) => `${name}-${part}-wght-normal.woff2`,
});

const archivo = { ...heavy("archivo-narrow"), promisesMore: true };
const others = [
  "noto-sans",
  ...["arabic", "hebrew", "thai", "bengali", "tamil"].map((script) => `noto-sans-${script}`),
].map(heavy);
const chinese = variable("noto-sans-sc");
const japanese = variable("noto-sans-jp");
const korean = variable("noto-sans-kr");

/** Letters that Chinese and Japanese share are written differently, so the others in a text decide. */
function familiesFor(text: string): Family[] {
  const eastAsian = /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)
    ? [japanese, chinese, korean]
    : /\p{Script=Hangul}/u.test(text)
      ? [korean, chinese, japanese]
      : [chinese, japanese, korean];
  return [archivo, ...others, ...eastAsian];
}

/** A text that would take more files than this has letters from everywhere; the rest of it are boxes. */
const mostFiles = 60;

/**
 * The fonts for a text, and their names in the order in which they are asked for a letter. Only the files that hold some
 * of it are read, as there are hundreds for the East Asian languages.
 */
export function fontsFor(text: string): { fonts: Font[]; families: string[] } {
  const files = new Map<string, Font>();
  const take = (family: Family, part: string) => {
    const name = `${family.name}-${part}`;
    if (files.size < mostFiles || files.has(name)) files.set(name, fontOf(family, part, name));
  };
  take(archivo, "latin");
  const families = familiesFor(text);
  for (const character of new Set(text)) {
    const code = character.codePointAt(0)!;
    for (const family of families) {
      const part = partOf(family, code);
      if (part === undefined) continue;
      take(family, part);
      if (!family.promisesMore || code < 0x100) break;
    }
  }
  return { fonts: [...files.values()], families: [...files.keys()] };
}

/** What was read and parsed stays for the next picture: the latest files, a few hundred KiB each when they are parsed. */
const mostKept = 80;
const kept = new Map<string, Font>();

function fontOf(family: Family, part: string, name: string): Font {
  const known = kept.get(name);
  kept.delete(name);
  const [oldest] = kept.keys();
  if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
  const weight = family.source.startsWith("@fontsource-variable/") ? 400 : 700;
  const font = known ?? {
    name,
    weight,
    style: "normal",
    data: readFileSync(require.resolve(`${family.source}/files/${family.file(part)}`)),
  };
  kept.set(name, font);
  return font;
}

type Part = { name: string; ranges: [from: number, to: number][] };
const partsOf = new Map<string, Part[]>();

/** The part of a family that has a code point, by its package's own list. */
function partOf(family: Family, code: number): string | undefined {
  let parts = partsOf.get(family.source);
  if (!parts) {
    const listed = require(`${family.source}/unicode.json`) as Record<string, string>;
    parts = Object.entries(listed).map(([name, ranges]) => ({
      name: name.replaceAll(/[[\]]/g, ""),
      ranges: ranges.split(",").map(readRange),
    }));
    partsOf.set(family.source, parts);
  }
  return parts.find(({ ranges }) => ranges.some(([from, to]) => code >= from && code <= to))?.name;
}

/** "U+0370-0377", "U+037f" */
function readRange(text: string): [number, number] {
  const [from = "", to = from] = text.trim().slice(2).split("-");
  return [Number.parseInt(from, 16), Number.parseInt(to, 16)];
}
