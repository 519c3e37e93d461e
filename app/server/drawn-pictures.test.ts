import { afterAll, expect, it } from "vitest";
import { createLog } from "#app/services/log.ts";
import { createPictures, type PictureWords } from "#app/services/pictures.ts";
import { createDrawnPictures, pictureKey } from "./drawn-pictures.ts";

const pictures = createPictures();
afterAll(() => pictures.close());
const services = { pictures, log: createLog({ level: "silent", name: "web" }) };

const wordsOf = (title: string): PictureWords => ({
  ...{ title, space: "Northlight", experience: "Evenings", note: "" },
  ...{ weekday: "Monday", day: "30", month: "November 2026", time: "19:00", zone: "Europe/Berlin" },
});

it("a picture is drawn once, however many ask for it, and is there at once afterwards", async () => {
  const find = createDrawnPictures(services);
  const words = wordsOf("Asked by many");
  const key = pictureKey(words);
  const found = await Promise.all(Array.from({ length: 100 }, () => find(key, words)));
  expect(new Set(found).size).toBe(1);
  const begun = performance.now();
  expect(await find(key, words)).toBe(found[0]);
  expect(performance.now() - begun).toBeLessThan(20);
});

it("no more bytes are kept than may be: what was asked for longest ago is drawn again", async () => {
  const [one, two] = [wordsOf("One"), wordsOf("Two")];
  const size = (await pictures.draw(one)).length;
  const find = createDrawnPictures(services, { most: Math.round(size * 1.5) });
  const first = await find(pictureKey(one), one);
  await find(pictureKey(two), two);
  const again = await find(pictureKey(one), one);
  expect(again).not.toBe(first);
  expect(Buffer.compare(again, first)).toBe(0);
});

it("pictures of other words have other names", () => {
  const keys = ["One", "Two"].flatMap((title) => [wordsOf(title), { ...wordsOf(title), note: "Cancelled" }]);
  expect(new Set(keys.map(pictureKey)).size).toBe(4);
  expect(pictureKey(wordsOf("One"))).toBe(pictureKey(wordsOf("One")));
});
