export type ByteRange = { start: number; end: number };

/**
 * What a `Range` header asks of `size` bytes: one range (both ends counted), `"unsatisfiable"` for one beyond the end,
 * or undefined where the whole is the answer: no header, another unit, several ranges, or no sense in it (RFC 9110,
 * 14.2 lets a server ignore what it does not serve).
 */
export function readRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const asked = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header ?? "");
  if (!asked) return undefined;
  const [, first = "", last = ""] = asked;
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const count = Math.min(Number(last), size);
    return count === 0 ? "unsatisfiable" : { start: size - count, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "unsatisfiable" : { start, end };
}
