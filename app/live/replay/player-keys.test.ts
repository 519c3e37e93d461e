import { expect, test } from "vitest";
import { actionFor } from "./player-keys.ts";

const press = (key: string, more = {}) =>
  actionFor({ key, ctrlKey: false, altKey: false, metaKey: false, focus: "page", ...more });

test("keys play, seek, mute, change the speed, show captions and fill the screen", () => {
  expect(press(" ")).toEqual({ do: "toggle" });
  expect(press("K")).toEqual({ do: "toggle" });
  expect(press("ArrowRight")).toEqual({ do: "seek-by", seconds: 5 });
  expect(press("7")).toEqual({ do: "seek-to", share: 0.7 });
  expect(press(">")).toEqual({ do: "speed-by", steps: 1 });
  expect(press("<")).toEqual({ do: "speed-by", steps: -1 });
  expect(press("C")).toEqual({ do: "captions" });
  expect(press("f")).toEqual({ do: "full-screen" });
});

test("keys of the browser, and those somebody types or chooses with, are left alone", () => {
  expect(press("f", { ctrlKey: true })).toBeUndefined();
  expect(press("5", { metaKey: true })).toBeUndefined();
  expect(press(" ", { focus: "control" })).toBeUndefined();
  expect(press("Tab")).toBeUndefined();
});

test("a button or a link that was pressed keeps space, which presses it again, and no other key", () => {
  expect(press(" ", { focus: "button" })).toBeUndefined();
  expect(press("Enter", { focus: "button" })).toBeUndefined();
  expect(press("ArrowRight", { focus: "button" })).toEqual({ do: "seek-by", seconds: 5 });
  expect(press("k", { focus: "button" })).toEqual({ do: "toggle" });
  expect(press("f", { focus: "button" })).toEqual({ do: "full-screen" });
});

test("a slider keeps its own keys, and no other", () => {
  for (const key of ["ArrowUp", "ArrowLeft", "Home", "End", "PageUp"])
    expect(press(key, { focus: "slider" })).toBeUndefined();
  expect(press(" ", { focus: "slider" })).toEqual({ do: "toggle" });
  expect(press("j", { focus: "slider" })).toEqual({ do: "seek-by", seconds: -10 });
  expect(press("0", { focus: "slider" })).toEqual({ do: "seek-to", share: 0 });
});

test("the video's own controls keep space and arrows, which would count twice otherwise", () => {
  expect(press(" ", { focus: "video" })).toBeUndefined();
  expect(press("ArrowLeft", { focus: "video" })).toBeUndefined();
  expect(press("m", { focus: "video" })).toEqual({ do: "mute" });
});
