import { expect, test } from "vitest";
import { createSheet, sheetSize, tilePieces, tilesIn, toSheets } from "./sprite.ts";

const pieces = (...seconds: number[]) => seconds.map((each, id) => ({ id, durationMs: each * 1000 }));
const ids = (found: { id: number }[]) => found.map(({ id }) => id);

test("each ten seconds have the picture of what plays in their middle", () => {
  expect(ids(tilePieces(pieces(...Array<number>(15).fill(2))))).toEqual([2, 7, 12]);
  expect(ids(tilePieces(pieces(4, 4, 4, 30)))).toEqual([1, 3, 3, 3, 3]);
});

test("a short recording has one picture, and a last rest its own", () => {
  expect(ids(tilePieces(pieces(2, 1)))).toEqual([1]);
  expect(ids(tilePieces(pieces(6, 6)))).toEqual([0, 1]);
  expect(tilesIn(10_000)).toBe(1);
  expect(tilesIn(10_001)).toBe(2);
  expect(tilePieces([])).toEqual([]);
});

test("six hours have their pictures on sheets of a hundred", () => {
  const sheets = toSheets(tilePieces(pieces(...Array<number>(6 * 1800).fill(2))));
  expect(sheets.map(({ length }) => length)).toEqual([...Array<number>(21).fill(100), 60]);
  expect(sheetSize(100)).toEqual({ width: 1600, height: 900 });
  expect(sheetSize(11)).toEqual({ width: 1600, height: 180 });
});

test("a picture lies in the middle of its tile, and nowhere else", () => {
  const { picture, put } = createSheet(12);
  put(11, { width: 120, height: 90, rgb: Buffer.alloc(120 * 90 * 3, 255) });
  const at = (x: number, y: number) => picture.rgb[(y * picture.width + x) * 3];
  expect(at(160 + 20, 90)).toBe(255);
  expect(at(160 + 139, 179)).toBe(255);
  expect(at(160 + 19, 90)).toBe(0);
  expect(at(160 + 140, 120)).toBe(0);
  expect(at(200, 89)).toBe(0);
  expect(picture.rgb.filter((byte) => byte === 255).length).toBe(120 * 90 * 3);
});
