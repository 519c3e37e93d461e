import { expect, test } from "vitest";
import { tileAt } from "./sprite.ts";

const sprite = { everyMs: 10_000, width: 160, height: 90, columns: 10, rows: 10, tiles: 205 };

test("each moment has the tile of its ten seconds, row by row and sheet by sheet", () => {
  expect(tileAt(sprite, 0)).toEqual({ sheet: 0, left: 0, top: 0 });
  expect(tileAt(sprite, 9_999)).toEqual({ sheet: 0, left: 0, top: 0 });
  expect(tileAt(sprite, 10_000)).toEqual({ sheet: 0, left: 160, top: 0 });
  expect(tileAt(sprite, 100_000)).toEqual({ sheet: 0, left: 0, top: 90 });
  expect(tileAt(sprite, 999_999)).toEqual({ sheet: 0, left: 1440, top: 810 });
  expect(tileAt(sprite, 1_000_000)).toEqual({ sheet: 1, left: 0, top: 0 });
});

test("what is behind the end or before the beginning has the last or the first", () => {
  expect(tileAt(sprite, 9_999_999)).toEqual({ sheet: 2, left: 640, top: 0 });
  expect(tileAt(sprite, -1)).toEqual({ sheet: 0, left: 0, top: 0 });
});
