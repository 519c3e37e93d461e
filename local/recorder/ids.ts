import { randomInt } from "node:crypto";

/** LiveKit's alphabet: letters and digits that cannot be taken for one another. */
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

export function newId(prefix: "EG" | "EV"): string {
  const letters = Array.from({ length: 12 }, () => ALPHABET[randomInt(ALPHABET.length)]);
  return `${prefix}_${letters.join("")}`;
}
