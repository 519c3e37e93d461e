/** The currencies that a price can be in, by their ISO codes; the first is the usual one. */
export const currencies = [
  ...["EUR", "USD", "GBP", "CHF", "DKK", "NOK", "SEK", "PLN", "CZK", "HUF", "RON", "TRY", "ILS"],
  ...["CAD", "AUD", "NZD", "JPY", "KRW", "INR", "SGD", "HKD", "TWD", "THB", "PHP", "IDR"],
  ...["BRL", "MXN", "CLP", "COP", "ZAR", "NGN", "KES", "AED", "SAR", "KWD"],
] as const;

/** In the smallest unit of any currency; the column holds some more. */
export const mostPriceMinor = 99_999_999;

/** How many digits a currency has behind the point: 2 for EUR, 0 for JPY, 3 for KWD. */
export function digitsOf(currency: string): number {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.resolvedOptions().maximumFractionDigits ?? 2;
}

/**
 * Reads a price as people type it ("12", "12.50", "12,50"; nothing is free) into the currency's smallest unit. Refuses,
 * with a sentence, what is no such number, is negative, has more digits behind the point than the currency, or is more
 * than 99,999,999 of that unit.
 */
export function readPrice(
  typed: string,
  currency: string,
): { ok: true; priceMinor: number } | { ok: false; sentence: string } {
  const text = typed.trim().replace(",", ".");
  if (text === "") return { ok: true, priceMinor: 0 };
  if (/^[-−]\s*\d/.test(text))
    return { ok: false, sentence: "A price cannot be below 0. With 0 it is free." };
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (!parts) return { ok: false, sentence: "Write the price as a number, such as 12 or 12.50." };
  const [, whole = "", fraction = ""] = parts;
  const digits = digitsOf(currency);
  if (fraction.length > digits) return { ok: false, sentence: tooFine(currency, digits) };
  // Twelve digits are exact, and already too many.
  const priceMinor =
    whole.replace(/^0+/, "").length > 12 ? Infinity : Number(whole + fraction.padEnd(digits, "0"));
  if (priceMinor > mostPriceMinor) {
    const most = (mostPriceMinor / 10 ** digits).toLocaleString("en-GB", { minimumFractionDigits: digits });
    return { ok: false, sentence: `A price is at most ${currency} ${most}.` };
  }
  return { ok: true, priceMinor };
}

function tooFine(currency: string, digits: number): string {
  if (digits === 0) return `${currency} has no digits behind the point. Write a whole number.`;
  return `${currency} has ${digits} digits behind the point, and this has more.`;
}

/** A price for its field: "12.50". */
export function typePrice(priceMinor: number, currency: string): string {
  const digits = digitsOf(currency);
  return priceMinor === 0 ? "" : (priceMinor / 10 ** digits).toFixed(digits);
}
