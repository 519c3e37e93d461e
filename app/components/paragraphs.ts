import { tokenize } from "linkifyjs";

/** Words, or a link with its words. */
export type Piece = { text: string; href?: string };
/** Lines of pieces; a break stands between two lines. */
export type Paragraph = Piece[][];

/**
 * Reads plain text that people wrote, for `SafeText`: blank lines part paragraphs, line breaks stay, and addresses of
 * web pages (http and https, nothing else) become links. For loaders only: the list of top-level domains behind it is
 * 10 KB that no browser needs.
 */
export function toParagraphs(text: string | null | undefined): Paragraph[] {
  return (text ?? "")
    .replaceAll(/\r\n?/g, "\n")
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== "")
    .map((paragraph) => paragraph.split("\n").map(toPieces));
}

function toPieces(line: string): Piece[] {
  const pieces: Piece[] = [];
  for (const token of tokenize(line)) {
    const text = token.toString();
    // A bare name may just as well be a file ("clip.zip"), so an address says that it is one.
    const meant = token.t === "url" && /^(https?:\/\/|www\.)/i.test(text);
    const href = meant ? webAddress(token.toHref("https")) : undefined;
    const last = pieces.at(-1);
    if (href) pieces.push({ text, href });
    else if (last && !last.href) last.text += text;
    else pieces.push({ text });
  }
  return pieces;
}

function webAddress(href: string): string | undefined {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  // A name or password before the host is how an address pretends to lead somewhere else.
  const plain = url && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  return plain ? url.href : undefined;
}
