/** "Monday critiques" becomes "monday-critiques": a start for the address of a page; empty when nothing of it can stay. */
export function toSlug(text: string, most = 48): string {
  const plain = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").replaceAll("ß", "ss").toLowerCase();
  return plain
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, most)
    .replaceAll(/^-+|-+$/g, "");
}
