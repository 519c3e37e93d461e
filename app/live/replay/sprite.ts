/** The small pictures of a recording, as `/media/{stream}/{recording}/sprite.json` says: rows of tiles on sheets. */
export type Sprite = {
  /** Between one picture and the next, in ms of the recording. */
  everyMs: number;
  /** Of a tile, in px. */
  width: number;
  height: number;
  /** Of a whole sheet. */
  columns: number;
  rows: number;
  tiles: number;
};

/** Where the picture of a moment lies: on which sheet, and how far from its left and its top (px). */
export type Tile = { sheet: number; left: number; top: number };

/** The tile of the moment `ms`; the last one for what comes behind it. */
export function tileAt({ everyMs, width, height, columns, rows, tiles }: Sprite, ms: number): Tile {
  const number = Math.min(Math.max(0, Math.floor(ms / everyMs)), tiles - 1);
  const place = number % (columns * rows);
  return {
    sheet: Math.floor(number / (columns * rows)),
    left: (place % columns) * width,
    top: Math.floor(place / columns) * height,
  };
}

export type SpriteOf = { base: string; edit: number };

/** One sheet of them. */
export const sheetAddress = ({ base, edit }: SpriteOf, sheet: number) =>
  `${base}/sprite-${sheet}.jpg?edit=${edit}`;

/**
 * Asks for a recording's small pictures when they are wanted: once, and again after a while as long as they are not made
 * yet. `base` is the recording's address; another edit has other pictures.
 */
export function createSpriteReader({ base, edit }: SpriteOf, { askAgainMs = 10_000 } = {}) {
  let sprite: Sprite | null = null;
  let asked = -Infinity;
  return async (): Promise<Sprite | null> => {
    if (sprite || performance.now() - asked < askAgainMs) return sprite;
    asked = performance.now();
    try {
      const answer = await fetch(`${base}/sprite.json?edit=${edit}`);
      if (answer.ok) sprite = (await answer.json()) as Sprite;
    } catch {
      // A preview without a picture still says the time.
    }
    return sprite;
  };
}
