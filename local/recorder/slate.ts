import sharp from "sharp";

/** Why there is no picture: nobody is sending one, or somebody sends sound only. */
export type SlateName = "away" | "sound";

const sentences: Record<SlateName, string> = {
  away: "The host will be right back",
  sound: "Sound only",
};

/** Both slates as I420 planes without padding, behind one another. */
export async function drawSlates(width: number, height: number): Promise<Record<SlateName, Uint8Array>> {
  return { away: await draw("away"), sound: await draw("sound") };

  async function draw(name: SlateName) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
      <rect width="100%" height="100%" fill="#16181d"/>
      <circle cx="50%" cy="42%" r="${height / 24}" fill="#e4b04a"/>
      <text x="50%" y="58%" fill="#f4f1ea" font-family="Archivo, Helvetica, Arial, DejaVu Sans, sans-serif"
        font-size="${height / 16}" font-weight="600" text-anchor="middle">${sentences[name]}</text>
    </svg>`;
    const rgb = await sharp(Buffer.from(svg)).flatten().removeAlpha().raw().toBuffer();
    return toI420(rgb, width, height);
  }
}

/** ITU-R BT.601 in the limited range, as in the pictures that browsers send. */
function toI420(rgb: Uint8Array, width: number, height: number): Uint8Array {
  const planes = new Uint8Array((width * height * 3) / 2);
  const blue = width * height;
  const red = blue + blue / 4;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const [r, g, b] = [rgb[at]!, rgb[at + 1]!, rgb[at + 2]!];
      planes[y * width + x] = 16 + 0.257 * r + 0.504 * g + 0.098 * b;
      if (y % 2 || x % 2) continue;
      const chroma = (y >> 1) * (width >> 1) + (x >> 1);
      planes[blue + chroma] = 128 - 0.148 * r - 0.291 * g + 0.439 * b;
      planes[red + chroma] = 128 + 0.439 * r - 0.368 * g - 0.071 * b;
    }
  }
  return planes;
}
