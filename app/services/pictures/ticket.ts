/** What stands in a stream's picture. `note`: above the title, in a frame; "" for none. */
export type PictureWords = {
  title: string;
  space: string;
  experience: string;
  note: string;
  weekday: string;
  day: string;
  month: string;
  time: string;
  zone: string;
};

/** In pixels: the shape in which messengers show a large picture. */
export const width = 1200;
export const height = 630;

type Style = Record<string, string | number>;
type Element = { type: string; props: Record<string, unknown> };

const box = (style: Style, ...children: (Element | string | false)[]): Element => ({
  type: "div",
  props: {
    style: { display: "flex", boxSizing: "border-box", ...style },
    children: children.filter((child) => child !== false),
  },
});
/** Of text that people wrote: it runs as its first letter does, and ends in "…" after so many lines. */
const text = (style: Style, words: string, lines = 1): Element => ({
  type: "div",
  props: {
    dir: isRightToLeft(words) ? "rtl" : "ltr",
    style: { display: "block", lineClamp: lines, wordBreak: "break-word", width: "100%", ...style },
    children: tidy(words),
  },
});

// The colours of `tokens.css`, in light: a picture does not know in which scheme it is looked at.
const paper = "oklch(0.972 0.009 88)";
const sheet = "oklch(0.993 0.004 88)";
const ink = "oklch(0.235 0.018 55)";
const faded = "oklch(0.46 0.02 60)";
const line = "oklch(0.875 0.014 80)";
const spot = "oklch(0.865 0.165 91)";

const margin = 44;
const stub = 300;
const padding = 48;
const hole = 22;
const titleBox = { width: width - 2 * margin - stub - 2 * padding, height: 336 };

/** A stream as a ticket: what it is, and on the stub when. `families`: the fonts, best first. */
export function ticket(words: PictureWords, families: string[]): Element {
  const title = fit(tidy(words.title), titleBox);
  return box(
    {
      ...{ width, height, padding: margin, background: paper, color: ink },
      ...{ fontFamily: families.join(", "), fontWeight: 700 },
    },
    box(
      {
        ...{ position: "relative", width: "100%", height: "100%", overflow: "hidden" },
        ...{ background: sheet, border: `2px solid ${line}`, borderRadius: 24 },
      },
      box(
        {
          ...{ flexDirection: "column", justifyContent: "space-between", flexGrow: 1 },
          ...{ padding, width: titleBox.width + 2 * padding },
        },
        box(
          { justifyContent: "space-between", alignItems: "center", width: "100%" },
          text({ fontSize: 34, color: faded, lineHeight: 1.25, flexShrink: 1 }, words.space),
          words.note !== "" &&
            box(
              { border: `4px solid ${ink}`, padding: "2px 16px", marginLeft: 24, fontSize: 32 },
              words.note,
            ),
        ),
        text(
          {
            fontSize: title.size,
            lineHeight: title.lineHeight,
            ...(isEastAsian(words.title) && thickened(title.size)),
          },
          words.title,
          title.lines,
        ),
        box(
          { justifyContent: "space-between", alignItems: "center", width: "100%" },
          text({ fontSize: 30, color: faded, lineHeight: 1.25, flexShrink: 1 }, words.experience),
          box({ alignItems: "center", marginLeft: 32, fontSize: 30 }, seats, "Frontrow"),
        ),
      ),
      box(
        {
          ...{ flexDirection: "column", alignItems: "center", justifyContent: "center", width: stub },
          ...{ background: spot, borderLeft: `4px dashed ${ink}`, lineHeight: 1 },
          ...(words.note !== "" && { background: sheet, color: faded, textDecoration: "line-through" }),
        },
        box({ fontSize: 40 }, words.weekday),
        box({ fontSize: 168, lineHeight: 0.95 }, words.day),
        box({ fontSize: 44 }, words.month),
        box({ fontSize: 88, marginTop: 28 }, words.time),
        box({ fontSize: zoneSize(words.zone), marginTop: 8 }, words.zone),
      ),
      punched({ top: -hole - 2 }),
      punched({ bottom: -hole - 2 }),
    ),
  );
}

const punched = (place: Style) =>
  box({
    ...{ position: "absolute", right: stub - hole - 2, width: 2 * hole, height: 2 * hole },
    ...{ borderRadius: hole, border: `2px solid ${line}`, background: paper },
    ...place,
  });

/** The mark: three seats of the front row, the middle one lit. */
const seats: Element = {
  type: "svg",
  props: {
    viewBox: "0 0 36 18",
    width: 60,
    height: 30,
    style: { marginRight: 14 },
    children: [
      ["M0 17V9a5 5 0 0 1 10 0v8z", ink, 0.3],
      ["M13 17V6a5 5 0 0 1 10 0v11z", spot, 1],
      ["M26 17V9a5 5 0 0 1 10 0v8z", ink, 0.3],
    ].map(([d, fill, opacity]) => ({ type: "path", props: { d, fill, opacity } })),
  },
};

/** As large as the longest name of a zone lets it be. */
const zoneSize = (zone: string) => Math.min(30, Math.floor((stub - 32) / (0.45 * Math.max(1, zone.length))));

/** The fonts of East Asia are drawn in their lightest weight, which is not what a title is. */
const thickened = (size: number) => ({ WebkitTextStroke: `${(size * 0.035).toFixed(2)}px ${ink}` });

const sizes = [118, 100, 86, 74, 64, 54, 46, 38];

/** How wide a letter of the heavy narrow font is, in em. */
const letterWidth = 0.42;

/** In which size a title fills its place, and on how many lines. */
export function fit(title: string, place: { width: number; height: number }) {
  const units = unitsOf(title);
  // Between letters of East Asia a line may end anywhere.
  const longest = Math.max(...title.split(breaks).map(unitsOf));
  for (const size of sizes) {
    const lineHeight = 1.08;
    const lines = Math.floor(place.height / (size * lineHeight));
    const ofLine = place.width / (letterWidth * size);
    // Lines break between words, so that some of each stays empty.
    const room = ofLine * lines * (lines > 1 ? 0.84 : 1);
    const last = size === sizes.at(-1);
    if (last || (units <= room && longest <= ofLine)) return { size, lines, lineHeight };
  }
  throw new Error("there is a last size");
}

/** How wide a text is, in letters of that font: those of East Asia, and pictures, are an em; other fonts are not narrow. */
const unitsOf = (text: string) => [...text].reduce((sum, letter) => sum + unitOf(letter), 0);
function unitOf(letter: string): number {
  if (wide.test(letter)) return 1 / letterWidth;
  if (/\p{M}|\p{Cf}/u.test(letter)) return 0;
  return letter > "\u024f" && /\p{L}/u.test(letter) ? 1.45 : 1;
}
const eastAsian =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/u;
const wide = new RegExp(`${eastAsian.source}|\\p{Emoji_Presentation}`, "u");
const breaks = new RegExp(`\\s+|${eastAsian.source}`, "u");
const isEastAsian = (text: string) => eastAsian.test(text);

/** Whether its first letter is of a script that is written from the right. */
function isRightToLeft(words: string): boolean {
  const first = /\p{L}/u.exec(words)?.[0] ?? "";
  return /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u.test(first);
}

/**
 * Without what turns other words around (overrides and isolates) and other invisible letters, but for those that join
 * letters and emoji, and with at most three marks on a letter.
 */
function tidy(words: string): string {
  return words
    .normalize("NFC")
    .replaceAll(/(?!\u200c|\u200d|[\u{e0020}-\u{e007f}])\p{Cf}/gu, "")
    .replaceAll(/(\p{M}{3})\p{M}+/gu, "$1")
    .replaceAll(/\s+/gu, " ")
    .trim();
}
