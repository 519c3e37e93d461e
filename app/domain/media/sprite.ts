import type { Picture } from "#app/services/media.ts";

/** How the small pictures of a recording lie: one each ten seconds, row by row, on sheets of a hundred. */
export const spriteShape = { everyMs: 10_000, width: 160, height: 90, columns: 10, rows: 10 } as const;

const { everyMs, width, height, columns, rows } = spriteShape;
const tilesOfSheet = columns * rows;

/** How many pictures stand for a recording of this length; the last of them for less than ten seconds. */
export const tilesIn = (durationMs: number): number => Math.max(1, Math.ceil(durationMs / everyMs));

/** How many sheets that makes. */
export const sheetsIn = (durationMs: number): number =>
  Math.ceil(tilesIn(durationMs) / (spriteShape.columns * spriteShape.rows));

/** Of which of its `pieces` each picture of a recording is: of the one that plays in the middle of its ten seconds. */
export function tilePieces<Piece extends { durationMs: number }>(pieces: readonly Piece[]): Piece[] {
  const durationMs = Math.round(pieces.reduce((sum, piece) => sum + piece.durationMs, 0));
  const found: Piece[] = [];
  let end = 0;
  for (const piece of pieces) {
    end += piece.durationMs;
    const middle = () => Math.min((found.length + 0.5) * everyMs, durationMs - 1);
    while (found.length < tilesIn(durationMs) && middle() < end) found.push(piece);
  }
  return found;
}

/** Pictures by the sheets on which they lie. */
export function toSheets<Tile>(tiles: readonly Tile[]): Tile[][] {
  const count = Math.ceil(tiles.length / tilesOfSheet);
  return Array.from({ length: count }, (_, sheet) =>
    tiles.slice(sheet * tilesOfSheet, (sheet + 1) * tilesOfSheet),
  );
}

/** The size of a sheet with so many pictures: always as wide as a whole one, so that tiles lie where one expects them. */
export const sheetSize = (tiles: number) => ({
  width: columns * width,
  height: Math.ceil(tiles / columns) * height,
});

/** An empty sheet for so many pictures, black, and the way to put one in its place, in the middle of its tile. */
export function createSheet(tiles: number) {
  const size = sheetSize(tiles);
  const rgb = Buffer.alloc(size.width * size.height * 3);
  return {
    picture: { ...size, rgb } as Picture,
    put(tile: number, picture: Picture): void {
      const left = (tile % columns) * width + Math.floor((width - picture.width) / 2);
      const top = Math.floor(tile / columns) * height + Math.floor((height - picture.height) / 2);
      const line = picture.width * 3;
      for (let row = 0; row < picture.height; row++)
        rgb.set(picture.rgb.subarray(row * line, (row + 1) * line), ((top + row) * size.width + left) * 3);
    },
  };
}
