const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Text that people wrote, for places that show one line of it and know nothing of ours (previews, feeds, search results):
 * without line breaks and without what turns the words around it about, at most so many letters.
 */
export function plainLine(text: string, most = 200): string {
  const line = text
    .replaceAll(/[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g, "")
    .replaceAll(/\s+/gu, " ")
    .trim();
  // A cut between two halves of one letter would show neither.
  const letters: string[] = [];
  for (const { segment } of graphemes.segment(line)) {
    if (letters.length === most) return `${letters.slice(0, -1).join("").trimEnd()}…`;
    letters.push(segment);
  }
  return line;
}

/** As text or an attribute's value in XML, which has no place for some characters at all. */
export const xml = (text: string) =>
  text
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replaceAll(/\p{Surrogate}/gu, "")
    .replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
