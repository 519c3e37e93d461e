/** Those that are offered; any other that has a name is taken, too. */
const offered =
  "ar bg bn ca cs da de el en en-GB en-US es es-419 et fa fi fil fr fr-CA he hi hr hu id it ja ko lt lv ms nb nl pl pt pt-BR ro ru sk sl sr sv sw ta te th tr uk ur vi zh-Hans zh-Hant".split(
    " ",
  );

const english = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });

/** "German" for "de". */
export const languageInEnglish = (tag: string): string => english.of(tag) ?? tag;

/** What a language calls itself, as people look for it: "Deutsch" for "de". */
export function languageItself(tag: string): string {
  const name = new Intl.DisplayNames([tag], { type: "language", fallback: "none" }).of(tag);
  const [first = "", ...rest] = name ?? languageInEnglish(tag);
  return first.toLocaleUpperCase(tag) + rest.join("");
}

export const offeredLanguages = offered.map((tag) => ({ tag, name: languageInEnglish(tag) }));

/** The tag (BCP 47, canonical) of what somebody typed: a tag, or a language's English name. Undefined for nonsense. */
export function normalizeLanguage(typed: string): string | undefined {
  const text = typed.trim();
  const named = offeredLanguages.find(({ name }) => name.toLowerCase() === text.toLowerCase());
  if (named) return named.tag;
  if (!/^[a-z]{2,3}(?:-[a-z\d]{2,8}){0,3}$/i.test(text)) return undefined;
  try {
    const [tag] = Intl.getCanonicalLocales(text);
    return tag && english.of(tag) ? tag : undefined;
  } catch {
    return undefined;
  }
}
