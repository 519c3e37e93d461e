/**
 * A `Content-Disposition` that saves under a name made of people's own words (RFC 6266): a plain one that every browser
 * knows, and the right one. What a file system or a header could trip over is gone from both; where nothing is left, it is
 * called `otherwise`.
 */
export function attachment(title: string, extension: string, otherwise = "recording"): string {
  const name = fileName(title) || otherwise;
  const plain = name
    .normalize("NFKD")
    .replaceAll(/[^\x20-\x7e]/g, "")
    .replaceAll(/["\\%]/g, "")
    .replaceAll(/ {2,}/g, " ")
    .trim();
  const encoded = encodeURIComponent(`${name}.${extension}`).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain || otherwise}.${extension}"; filename*=UTF-8''${encoded}`;
}

/** Without what means something to a file system, controls, and marks that turn the direction of text (F41). */
function fileName(title: string): string {
  const clean = title
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .replaceAll(/[/\\:*?"<>|]/g, "-")
    .replaceAll(/\s+/g, " ")
    .replace(/^[.\s]+/, "")
    .replace(/[.\s]+$/, "");
  return [...clean].slice(0, 80).join("").trim();
}
