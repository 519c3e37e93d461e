/** Writes ISO base media boxes (ISO/IEC 14496-12) into fresh bytes of a known size: all of them are zero. */
export type BoxWriter = ReturnType<typeof createBoxWriter>;

export function createBoxWriter(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  const writer = {
    u8(value: number): void {
      view.setUint8(at, value);
      at += 1;
    },
    u16(value: number): void {
      view.setUint16(at, value);
      at += 2;
    },
    u32(value: number): void {
      view.setUint32(at, value);
      at += 4;
    },
    u64(value: number): void {
      view.setUint32(at, Math.floor(value / 2 ** 32));
      view.setUint32(at + 4, value % 2 ** 32);
      at += 8;
    },
    /** Passes them by: pages of fresh memory that nobody writes to take no room, and the padding is many of them. */
    zeros(count: number): void {
      at += count;
    },
    put(part: Uint8Array): void {
      bytes.set(part, at);
      at += part.length;
    },
    ascii(text: string): void {
      for (let index = 0; index < text.length; index++) writer.u8(text.charCodeAt(index));
    },
    /** A box of `type` around what `content` writes. */
    box(type: string, content: () => void): void {
      const start = at;
      at += 4;
      writer.ascii(type);
      content();
      view.setUint32(start, at - start);
    },
    fullBox(type: string, version: number, flags: number, content: () => void): void {
      writer.box(type, () => {
        writer.u32(version * 2 ** 24 + flags);
        content();
      });
    },
    get length() {
      return at;
    },
    get written() {
      return bytes.subarray(0, at);
    },
  };
  return writer;
}

export const FTYP_BYTES = 32;
/** With its length in 64 bits, so that it needs not be known beforehand. */
export const MDAT_HEADER_BYTES = 16;

export function writeFtyp(writer: BoxWriter): void {
  writer.box("ftyp", () => {
    writer.ascii("isom");
    writer.u32(0x200);
    for (const brand of ["isom", "iso2", "avc1", "mp41"]) writer.ascii(brand);
  });
}

/** Padding of exactly `size` bytes, 8 or more. */
export function writeFree(writer: BoxWriter, size: number): void {
  writer.box("free", () => writer.zeros(size - 8));
}

/** The header of the media; `size` counts the header. */
export function writeMdatHeader(writer: BoxWriter, size: number): void {
  writer.u32(1);
  writer.ascii("mdat");
  writer.u64(size);
}
