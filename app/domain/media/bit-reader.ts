/**
 * Reads bits, most significant first, and Exp-Golomb codes (H.264, 9.1). Past the end it gives zeros, and
 * `isPastEnd` says so: the caller decides once, after all fields, instead of at each.
 */
export function createBitReader(bytes: Uint8Array) {
  const size = bytes.length * 8;
  let at = 0;

  function read(count: number): number {
    let value = 0;
    for (let n = 0; n < count; n++, at++) {
      const bit = at < size ? (bytes[at >> 3]! >> (7 - (at & 7))) & 1 : 0;
      value = value * 2 + bit;
    }
    return value;
  }

  function readUnsigned(): number {
    let zeros = 0;
    while (at < size && zeros < 32 && read(1) === 0) zeros++;
    return 2 ** zeros - 1 + read(zeros);
  }

  function readSigned(): number {
    const code = readUnsigned();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  return { read, readUnsigned, readSigned, isPastEnd: () => at > size };
}
