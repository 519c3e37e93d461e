/** As all our players read playlists: half a minute ahead, and a minute is kept to go back in. */
export const hlsOptions = { maxBufferLength: 30, backBufferLength: 60 };

/** A decoder that stumbles gets a second and a third chance, and all of them again after it went well for a while. */
export function createChances({ most = 2, wellMs = 20_000, now = () => performance.now() } = {}) {
  let taken = 0;
  let lastMs = -Infinity;
  /** Whether there is one more. */
  return function takeChance(): boolean {
    if (now() - lastMs > wellMs) taken = 0;
    lastMs = now();
    taken += 1;
    return taken <= most;
  };
}
