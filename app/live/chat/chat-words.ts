/** As the server counts (`app/domain/chat/message-text.ts`). */
export const mostCharacters = 500;

const graphemes =
  typeof Intl.Segmenter === "function" ? new Intl.Segmenter("en", { granularity: "grapheme" }) : undefined;

/** Characters as people see them. A long text is not looked at closely: it is too long anyway. */
export function charactersIn(text: string): number {
  if (!graphemes || text.length > 4 * mostCharacters) return text.length;
  let count = 0;
  for (const _ of graphemes.segment(text)) count += 1;
  return count;
}

/** "8 s", "4 min 5 s", "2 h 5 min". */
export function waitWords(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}

export type Piece = { text: string; href?: string };

/** Addresses of the web in a message, and what stands between them. Nothing else becomes a link. */
export function toPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(/\bhttps?:\/\/[^\s<>"']+/giu)) {
    const address = found[0].replace(/[.,;:!?)\]]+$/, "");
    if (!isPlainAddress(address)) continue;
    if (found.index > from) pieces.push({ text: text.slice(from, found.index) });
    pieces.push({ text: address, href: address });
    from = found.index + address.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

function isPlainAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  // A name or password before the host is how an address pretends to lead somewhere else.
  return /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}

const quoteLength = 120;

/** What a reply quotes of a message, as the server shortens it. */
export function shortened(text: string): string {
  const characters = [...text.replace(/\s+/g, " ")];
  return characters.length > quoteLength ? `${characters.slice(0, quoteLength - 1).join("")}…` : text;
}

/** The way to the messages that viewers have reported and nobody has looked at. */
export const reportsWords = (count: number): string =>
  count === 0 ? "Reports" : count === 1 ? "1 report" : `${count.toLocaleString("en-GB")} reports`;
