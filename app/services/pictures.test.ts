import { afterEach, describe, expect, it } from "vitest";
import sharp from "sharp";
import { createPictures, type Pictures, type PictureWords } from "./pictures.ts";
import { fit } from "./pictures/ticket.ts";

const words: PictureWords = {
  title: "Colour grading & you",
  space: "Northlight",
  experience: "Evenings",
  note: "",
  ...{ weekday: "Monday", day: "30", month: "November 2026", time: "19:00", zone: "Europe/Berlin" },
};

let pictures: Pictures | undefined;
const open = (options?: Parameters<typeof createPictures>[0]) => (pictures = createPictures(options));
afterEach(() => pictures?.close());

/** How much of the picture's left part, where the title stands, is ink. */
async function inkOf(png: Uint8Array): Promise<number> {
  const title = { left: 80, top: 150, width: 740, height: 340 };
  const { data } = await sharp(png).extract(title).greyscale().raw().toBuffer({ resolveWithObject: true });
  return data.filter((level) => level < 128).length / data.length;
}

/** Titles as people write them, and as people write them who want to break something. */
const titles: Record<string, string> = {
  short: "Hi",
  long: "A very long title about everything that one can say of light, shade, colour and the pictures between them, and then some",
  "one long word": "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselringverkäuferin"
    .repeat(2)
    .slice(0, 120),
  Arabic: "مرحبا بكم في البث المباشر 2026 مع Frontrow",
  Hebrew: "שידור חי: צבע ואור בקולנוע",
  Japanese: "東京の夜を撮る — ライブ配信のカラーグレーディング入門",
  Chinese: "色彩分级与你：灯光、镜头与直播",
  Korean: "색보정과 당신: 라이브 스트리밍 입문",
  Greek: "Φως και χρώμα",
  Russian: "Свет и цвет",
  Hindi: "रंग और रोशनी",
  Vietnamese: "Ánh sáng và màu sắc",
  emoji: "🎬 Film night 👩‍👩‍👧‍👦 🏳️‍🌈 ❤️‍🔥 1️⃣ 🇩🇪",
  "emoji of tomorrow": "\u{1fae9}\u{1f6dc}\u{1faea} and \u{1f9ff}",
  "what no font of ours has": "𒀀𒀁 ꧁ᎣᏏᏲ꧂ ไทย ગુજરાતી",
  "quotes and markup": `"Quotes", 'more' & <b>bold</b> </svg><script>alert(1)</script>`,
  "line breaks and overrides": "One\r\ntwo \u202eeerht\u202c \u2066four\u2069 \u0000five",
  "many marks": `Z${"\u0301\u0302\u0303\u0304".repeat(20)}algo`,
  "half a letter": "broken \ud800 pair",
  "nothing to see": "\u200b\u2060",
};

describe("a stream's picture", () => {
  it.each(Object.entries(titles))(
    "is drawn whatever the title is: %s",
    async (name, title) => {
      const png = await open().draw({ ...words, title });
      expect(Buffer.from(png.subarray(1, 4)).toString()).toBe("PNG");
      const { width, height, format } = await sharp(png).metadata();
      expect([width, height, format]).toEqual([1200, 630, "png"]);
      expect(png.length).toBeLessThan(300 * 1024);
      const ink = await inkOf(png);
      if (name === "nothing to see") expect(ink).toBeLessThan(0.001);
      else expect(ink).toBeGreaterThan(0.01);
    },
    60_000,
  );

  it("of other words is another one, and of the same the same", async () => {
    const { draw } = open();
    const [first, again, other] = [
      await draw(words),
      await draw(words),
      await draw({ ...words, note: "Cancelled" }),
    ];
    expect(Buffer.compare(first, again)).toBe(0);
    expect(Buffer.compare(first, other)).not.toBe(0);
  });
});

describe("who asks for pictures", () => {
  it("beyond what can wait is told to come back, and the others get theirs", async () => {
    const { draw } = open({ most: 2 });
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => draw(words)));
    const busy = asked.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
    expect(busy).toHaveLength(3);
    for (const { reason } of busy) expect(reason).toMatchObject({ code: "busy", retryable: true });
  });

  it("gets an answer also when drawing takes too long, and the next one is drawn", async () => {
    const late = open({ timeoutMs: 1 });
    await expect(late.draw(words)).rejects.toMatchObject({ code: "timeout", retryable: true });
    late.close();
    expect((await open().draw(words)).length).toBeGreaterThan(1_000);
  });

  it("is refused when the process ends", async () => {
    const closing = open();
    const asked = [closing.draw(words), closing.draw(words)].map((picture) =>
      picture.catch((error: { code: string }) => error.code),
    );
    closing.close();
    expect(await Promise.all(asked)).toEqual(["crashed", "crashed"]);
  });

  it("gets one again after the process had nothing to do and ended", async () => {
    const { draw } = open({ idleMs: 1 });
    await draw(words);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await draw(words)).length).toBeGreaterThan(1_000);
  });
});

describe("the size of a title", () => {
  const place = { width: 700, height: 336 };

  it("is smaller the longer it is, and a letter of East Asia counts as two", () => {
    const sizes = ["Hi", "A title of some more words than two", titles.long!].map(
      (title) => fit(title, place).size,
    );
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(new Set(sizes).size).toBe(3);
    expect(fit("色彩分级与你灯光镜头与直播", place).size).toBeLessThan(fit("abcdefghijklm", place).size);
  });

  it("leaves a long word whole where it can", () => {
    const { size } = fit("Grading Schifffahrtsgesellschaft", place);
    expect(0.42 * size * "Schifffahrtsgesellschaft".length).toBeLessThanOrEqual(place.width);
  });
});
