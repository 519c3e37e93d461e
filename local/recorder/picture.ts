import { AV_PIX_FMT_YUV420P, SWS_BILINEAR } from "node-av/constants";
import { FFmpegError, Frame, SoftwareScaleContext } from "node-av/lib";
import type { SlateName } from "./slate.ts";
import type { Still } from "./video-track.ts";

export type Scene = { screen?: Still; camera?: Still; slate: SlateName };

/** Of what is recorded. */
export const WIDTH = 1280;
export const HEIGHT = 720;

type Box = { x: number; y: number; width: number; height: number };

/** Dark, and black enough for a letterbox: luma, then both chroma planes. */
const BACKGROUND = [22, 129, 126] as const;
const CORNER_SHARE = 1 / 4;
const CORNER_MARGIN = 24;

/** Where a picture of this shape stands inside the box, as large as it fits. Even numbers, since chroma is halved. */
export function fitInto(box: Box, { width, height }: { width: number; height: number }, corner = false): Box {
  const scale = Math.min(box.width / width, box.height / height);
  const even = (length: number) => Math.max(2, Math.round(length / 2) * 2);
  const fitted = {
    width: Math.min(box.width, even(width * scale)),
    height: Math.min(box.height, even(height * scale)),
  };
  const [spareX, spareY] = [box.width - fitted.width, box.height - fitted.height];
  return {
    ...fitted,
    x: box.x + (corner ? spareX : Math.floor(spareX / 4) * 2),
    y: box.y + (corner ? spareY : Math.floor(spareY / 4) * 2),
  };
}

/** The box in the lower right corner that a camera stands in beside a screen. */
export function cornerOf(width: number, height: number): Box {
  const box = { width: width * CORNER_SHARE, height: height * CORNER_SHARE };
  return { ...box, x: width - box.width - CORNER_MARGIN, y: height - box.height - CORNER_MARGIN };
}

/**
 * The one picture that is recorded: the screen large with the camera in the corner, the camera alone, or a slate. Draws
 * only what has changed since the last time.
 */
export function createPicture({
  width,
  height,
  slates,
}: {
  width: number;
  height: number;
  slates: Record<SlateName, Uint8Array>;
}) {
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = AV_PIX_FMT_YUV420P;
  FFmpegError.throwIfError(frame.getBuffer(32), "making room for a picture");
  const planes = frame.data!;
  const strides = frame.linesize.slice(0, 3);
  const whole: Box = { x: 0, y: 0, width, height };
  const scalers = new Map<string, SoftwareScaleContext>();
  let drawn: { layout: string; screen?: Still; camera?: Still } = { layout: "" };

  const clear = () => planes.forEach((plane, index) => plane.fill(BACKGROUND[index]!));

  const place = (still: Still, box: Box) => {
    const source = planesOf(still);
    const target = planes.map((plane, index) => {
      const [x, y] = index === 0 ? [box.x, box.y] : [box.x / 2, box.y / 2];
      return plane.subarray(y * strides[index]! + x);
    });
    if (still.width === box.width && still.height === box.height) {
      source.planes.forEach((plane, index) => {
        const rows = index === 0 ? box.height : box.height / 2;
        const bytes = index === 0 ? box.width : box.width / 2;
        const from = source.strides[index]!;
        const to = strides[index]!;
        for (let row = 0; row < rows; row++)
          plane.copy(target[index]!, row * to, row * from, row * from + bytes);
      });
      return;
    }
    const scaler = scalerFor(still, box);
    scaler.scaleSync(source.planes, source.strides, 0, still.height, target, strides);
  };

  const scalerFor = (still: Still, box: Box) => {
    const key = `${still.width}x${still.height} ${box.width}x${box.height}`;
    let scaler = scalers.get(key);
    if (!scaler) {
      // Simulcast changes sizes now and then; a handful covers all that one recording sees at a time.
      if (scalers.size >= 6) {
        for (const old of scalers.values()) old.freeContext();
        scalers.clear();
      }
      scaler = new SoftwareScaleContext();
      scaler.getContext(
        still.width,
        still.height,
        AV_PIX_FMT_YUV420P,
        box.width,
        box.height,
        AV_PIX_FMT_YUV420P,
        SWS_BILINEAR,
      );
      scalers.set(key, scaler);
    }
    return scaler;
  };

  return {
    frame,
    draw({ screen, camera, slate }: Scene) {
      const large = screen ?? camera;
      const small = screen && camera;
      if (!large) {
        if (drawn.layout !== slate) {
          place({ wall: 0, width, height, data: slates[slate] }, whole);
          drawn = { layout: slate };
        }
        return;
      }
      const largeBox = fitInto(whole, large);
      const smallBox = small && fitInto(cornerOf(width, height), small, true);
      const layout = JSON.stringify([largeBox, smallBox, Boolean(screen)]);
      const all = layout !== drawn.layout;
      if (all) clear();
      const largeChanged = all || (screen ? drawn.screen !== screen : drawn.camera !== camera);
      if (largeChanged) place(large, largeBox);
      if (small && smallBox && (largeChanged || drawn.camera !== camera)) place(small, smallBox);
      drawn = { layout, screen, camera };
    },
    free() {
      for (const scaler of scalers.values()) scaler.freeContext();
      frame.free();
    },
  };
}

function planesOf({ data, width, height }: Still) {
  const [chromaWidth, chromaHeight] = [(width + 1) >> 1, (height + 1) >> 1];
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const luma = width * height;
  const chroma = chromaWidth * chromaHeight;
  return {
    planes: [bytes.subarray(0, luma), bytes.subarray(luma, luma + chroma), bytes.subarray(luma + chroma)],
    strides: [width, chromaWidth, chromaWidth],
  };
}
