import sharp from "sharp";
import { type Decoder, openDecoder, type Picture } from "./media/decoder.ts";
import { createOnlooker } from "./media/onlooker.ts";

export type { Decoder, Picture };

export type MediaService = ReturnType<typeof createMediaService>;

export type Jpeg = { width: number; height: number; bytes: Uint8Array };

// It would keep some of the last pictures, and no picture comes twice.
sharp.cache(false);

/** Native decoding (node-av, in a process of its own) and JPEG (sharp). */
export function createMediaService({ decodeTimeoutMs = 15_000 }: { decodeTimeoutMs?: number } = {}) {
  return {
    /** For what is being recorded right now; its process ends by itself, and with `close`. */
    onlooker: createOnlooker(),

    /** For many key frames: a process that stays until it is closed. `within`: pictures are made as small as that. */
    openDecoder: (within?: { width: number; height: number }) =>
      openDecoder({ timeoutMs: decodeTimeoutMs, within }),

    /** As `decode` of a decoder, for one key frame. */
    async decodeKeyFrame(keyFrame: Uint8Array): Promise<Picture> {
      const decoder = openDecoder({ timeoutMs: decodeTimeoutMs });
      try {
        return await decoder.decode(keyFrame);
      } finally {
        decoder.close();
      }
    },

    /** How bright a picture is on average, and how much its pixels differ from that, both 0 to 255. */
    async measure(picture: Picture): Promise<{ brightness: number; contrast: number }> {
      const { channels } = await raw(picture).greyscale().stats();
      return { brightness: channels[0]!.mean, contrast: channels[0]!.stdev };
    },

    /** A JPEG at most `width` × `height` large, of the picture's own shape; never enlarged. */
    async encodeJpeg(picture: Picture, { width, height }: { width: number; height: number }): Promise<Jpeg> {
      const { data, info } = await raw(picture)
        .resize({ width, height, fit: "inside", withoutEnlargement: true })
        .jpeg({ quality: 82, mozjpeg: true })
        .toBuffer({ resolveWithObject: true });
      return { width: info.width, height: info.height, bytes: data };
    },

    /** How large a JPEG's picture is; undefined for bytes that are none. */
    async sizeOfJpeg(bytes: Uint8Array): Promise<{ width: number; height: number } | undefined> {
      const found = await sharp(bytes)
        .metadata()
        .catch(() => undefined);
      return found?.format === "jpeg" ? { width: found.width, height: found.height } : undefined;
    },
  };
}

const raw = ({ width, height, rgb }: Picture) => sharp(rgb, { raw: { width, height, channels: 3 } });
