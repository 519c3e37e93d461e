import { z } from "zod";

// By itself, because a page's script suggests addresses too, and needs no zod for it.
export { toSlug } from "./slug.ts";

// C0 controls but tab and line breaks, DEL and C1: none of them is anything that a person typed on purpose.
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const lengthOf = (text: string) =>
  [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)].length;

type Limits = { most: number; least?: number; what: string };

/**
 * One line of text that people wrote: Unicode-normalized, line breaks and runs of space become one space. `most`
 * characters (code points, as the database counts them; a letter of several parts may count as more than one).
 */
export function oneLine({ most, least = 1, what }: Limits) {
  return z
    .string()
    .default("")
    .transform((text) => text.normalize("NFC").replaceAll(/\s+/gu, " ").trim())
    .superRefine((text, refinement) => {
      const said = sentenceFor(text, { most, least, what });
      if (said) refinement.addIssue({ code: "custom", message: said });
    });
}

/** Several lines of plain text: as `oneLine`, with its line breaks kept. */
export function severalLines({ most, least = 0, what }: Limits) {
  return z
    .string()
    .default("")
    .transform((text) => text.normalize("NFC").replaceAll(/\r\n?/g, "\n").trim())
    .superRefine((text, refinement) => {
      const said = sentenceFor(text, { most, least, what });
      if (said) refinement.addIssue({ code: "custom", message: said });
    });
}

function sentenceFor(text: string, { most, least = 0, what }: Limits): string | undefined {
  if (controls.test(text)) return `${what} has a character that cannot be shown. Type it again.`;
  const visible = text.replaceAll(/[\p{Cf}\p{Z}]/gu, "");
  if (least > 0 && visible === "") return `${what} is missing.`;
  if ([...text].length > most) {
    return `${what} is too long: at most ${most.toLocaleString("en-GB")} characters, and this has ${lengthOf(text).toLocaleString("en-GB")}.`;
  }
  return undefined;
}

export const emailWrong = "This is not a mail address. It looks like name@example.com.";

/** A mail address, in lower case; a domain in other letters as the net itself writes it ("xn--…"). */
export const emailAddress = z
  .string()
  .default("")
  .transform((text) => withPlainDomain(text.normalize("NFKC").trim().toLowerCase()))
  .pipe(z.email(emailWrong).max(254, "This address is too long."));

/** Only a domain that needs it is touched: what is wrong with an address is told about what was typed. */
function withPlainDomain(address: string): string {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  if (at < 1 || !/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) || /^[\0-\x7f]*$/.test(domain)) return address;
  const url = `http://${domain}`;
  return URL.canParse(url) ? `${address.slice(0, at)}@${new URL(url).hostname}` : address;
}

/** Whether a text is an id of ours at all: what is not never reaches a query. */
export const isId = (text: string | undefined): text is string => z.uuid().safeParse(text).success;
