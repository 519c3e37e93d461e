import { Resvg } from "@resvg/resvg-js";
import satori from "satori";
import { emojiIn } from "./emoji.ts";
import { fontsFor } from "./fonts.ts";
import { height, type PictureWords, ticket, width } from "./ticket.ts";

// A process of its own: it is sent a stream's words and answers with their picture, one after the other. It ends with the
// process that it draws for.

process.on("message", (words: PictureWords) => {
  draw(words).then(
    (png) => process.send!({ png }),
    (error: unknown) => process.send!({ failed: String((error as Error).stack ?? error) }),
  );
});

async function draw(words: PictureWords): Promise<Uint8Array> {
  const text = Object.values(words).join(" ");
  const { fonts, families } = fontsFor(text);
  const svg = await satori(ticket(words, families) as never, {
    width,
    height,
    fonts,
    graphemeImages: emojiIn(text),
  });
  // All letters are lines by now, so that no font of the machine is asked for.
  return new Resvg(svg, { font: { loadSystemFonts: false } }).render().asPng();
}
