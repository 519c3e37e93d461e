import { createHash } from "node:crypto";
import type { Services } from "#app/context.ts";
import type { PictureWords } from "#app/services/pictures.ts";
import { isServiceError } from "#app/services/service-error.ts";

/** Some hundreds of pictures. */
const mostBytes = 16 * 1024 * 1024;

/** What is drawn if it has to be asked for again: with another one the pictures of the same words are others. */
const edition = 1;

/** The name of the picture of these words: the same words have the same picture. */
export const pictureKey = (words: PictureWords) =>
  createHash("sha256")
    .update(JSON.stringify([edition, words]))
    .digest("base64url")
    .slice(0, 22);

/**
 * Pictures that were drawn, the latest `most` bytes of them; each is drawn once, however many ask for it meanwhile. Where
 * words cannot be drawn, which would be a mistake of ours, the log says so, and there is a picture without them.
 */
export function createDrawnPictures(
  { pictures, log }: Pick<Services, "pictures" | "log">,
  { most = mostBytes } = {},
) {
  const drawn = new Map<string, Uint8Array>();
  const underWay = new Map<string, Promise<Uint8Array>>();
  let bytes = 0;

  function keep(key: string, png: Uint8Array) {
    drawn.set(key, png);
    bytes += png.length;
    for (const [oldest, { length }] of drawn) {
      if (bytes <= most) break;
      drawn.delete(oldest);
      bytes -= length;
    }
  }

  async function draw(words: PictureWords): Promise<Uint8Array> {
    try {
      return await pictures.draw(words);
    } catch (error) {
      if (!isServiceError(error) || error.retryable) throw error;
      log.error({ err: error }, "a picture could not be drawn");
      return pictures.draw({ ...words, title: "A live stream", space: "", experience: "" });
    }
  }

  return async (key: string, words: PictureWords): Promise<Uint8Array> => {
    const known = drawn.get(key);
    if (known) {
      // The latest is the last to go.
      drawn.delete(key);
      drawn.set(key, known);
      return known;
    }
    const begun = underWay.get(key);
    if (begun) return begun;
    const drawing = draw(words)
      .then((png) => {
        keep(key, png);
        return png;
      })
      .finally(() => underWay.delete(key));
    underWay.set(key, drawing);
    return drawing;
  };
}
