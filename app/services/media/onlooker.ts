import { openDecoder } from "./decoder.ts";
import type { Picture } from "./decoder.ts";

export type Onlooker = ReturnType<typeof createOnlooker>;

/** So small that it costs next to nothing, and large enough to tell black from a picture. */
const within = { width: 160, height: 90 };
/** Nobody waits for a look for long: what is recorded goes on meanwhile. */
const timeoutMs = 4_000;
/** With nothing to look at for so long, its process ends. */
const idleMs = 30_000;

/**
 * Looks at and listens to what is being recorded, for all streams of a worker: one process, one thing after the other. Started
 * when there is something, and ended when there has been nothing for a while.
 */
export function createOnlooker() {
  let decoder: ReturnType<typeof openDecoder> | undefined;
  let idle: NodeJS.Timeout | undefined;
  let line: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: (open: ReturnType<typeof openDecoder>) => Promise<T>): Promise<T> {
    const turn = line.then(async () => {
      clearTimeout(idle);
      decoder ??= openDecoder({ timeoutMs, within });
      try {
        return await work(decoder);
      } finally {
        idle = setTimeout(close, idleMs).unref();
      }
    });
    line = turn.catch(() => undefined);
    return turn;
  }

  function close() {
    clearTimeout(idle);
    decoder?.close();
    decoder = undefined;
  }

  return {
    /** A small picture of a key frame. Throws as a decoder's `decode`. */
    look: (keyFrame: Uint8Array): Promise<Picture> => inTurn((open) => open.decode(keyFrame)),
    /** As a decoder's `loudness`. */
    listen: (sound: Uint8Array): Promise<number> => inTurn((open) => open.loudness(sound)),
    close,
  };
}
