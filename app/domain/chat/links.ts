import { find } from "linkifyjs";

/** Whether a text holds an address of the web or of mail, also one without `https://` or with look-alike dots. */
export function hasLink(text: string): boolean {
  // NFKC turns full-width letters and dots into plain ones, as browsers do with hosts.
  const plain = text.normalize("NFKC").replaceAll(/[。｡]/g, ".");
  return find(plain).some(({ isLink }) => isLink) || /\b[a-z][a-z0-9+.-]{1,20}:\/\/\S/i.test(plain);
}
