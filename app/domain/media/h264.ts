import { createHash } from "node:crypto";
import { createBitReader } from "./bit-reader.ts";
import { type ElementaryStream, refusal, type SegmentRefusal } from "./transport-stream.ts";

/** The types of NAL units (ITU-T H.264, table 7-1) that matter here. */
const NAL = { slice: 1, partition: 2, idr: 5, sps: 7, pps: 8, delimiter: 9, filler: 12 } as const;

/** What the sequence parameter set says about every picture that follows it. */
export type SequenceParameters = {
  profile: number;
  compatibility: number;
  level: number;
  width: number;
  height: number;
  chromaFormat: number;
  bitDepthLuma: number;
  bitDepthChroma: number;
  /** Width and height of one sample. */
  sampleAspect: { width: number; height: number };
  /** 90 kHz ticks a frame, where the stream states a frame rate. */
  frameTicks: number | null;
};

/** The parameter sets in force from some key frame on. `hash` is equal when and only when the bytes are. */
export type ParameterSets = {
  sps: Uint8Array[];
  pps: Uint8Array[];
  hash: string;
  parameters: SequenceParameters;
};

/** One coded picture in decoding order; its NAL units are those from `nalFrom` up to `nalTo`. */
export type VideoFrame = { pts: number; dts: number; key: boolean; nalFrom: number; nalTo: number };

export type VideoUnits = {
  bytes: Uint8Array;
  /** NAL unit n is `bytes[nalStarts[n] … nalEnds[n])`, without its start code. */
  nalStarts: number[];
  nalEnds: number[];
  frames: VideoFrame[];
  /** By index of the key frame that brings them, where they are not the ones before. */
  parameterSets: Map<number, ParameterSets>;
};

/** Splits an H.264 byte stream (Annex B) with one picture a PES packet, as HLS segments have it, into pictures. */
export function readVideo(stream: ElementaryStream): ({ ok: true } & VideoUnits) | SegmentRefusal {
  const { bytes, marks } = stream;
  const units: VideoUnits = { bytes, nalStarts: [], nalEnds: [], frames: [], parameterSets: new Map() };
  let sps: Uint8Array[] = [];
  let pps: Uint8Array[] = [];
  let lastHash = "";
  for (const [index, mark] of marks.entries()) {
    const nalFrom = units.nalStarts.length;
    splitNals(bytes, mark.offset, marks[index + 1]?.offset ?? bytes.length, units);
    let pictures = 0;
    let key = false;
    let sets = false;
    for (let nal = nalFrom; nal < units.nalStarts.length; nal++) {
      const at = units.nalStarts[nal]!;
      const type = bytes[at]! & 0x1f;
      if (type >= NAL.slice && type <= NAL.idr) {
        if (type >= NAL.partition && type < NAL.idr) return refusal("unsupported", "partitioned slices");
        key ||= type === NAL.idr;
        // first_mb_in_slice is 0 (one bit, 1) in the first slice of each picture.
        if ((bytes[at + 1]! & 0x80) !== 0) pictures++;
      } else if (type === NAL.sps || type === NAL.pps) {
        if (!sets) [sps, pps] = [[], []];
        sets = true;
        (type === NAL.sps ? sps : pps).push(bytes.subarray(at, units.nalEnds[nal]!));
      }
    }
    if (pictures > 1) return refusal("unsupported", "several pictures in one PES packet");
    if (pictures === 0) {
      units.nalStarts.length = units.nalEnds.length = nalFrom;
      continue;
    }
    if (key && sps.length > 0 && pps.length > 0) {
      const found = describeSets(sps, pps);
      if (!found) return refusal("damaged", "unreadable sequence parameters");
      if (found.hash !== lastHash) units.parameterSets.set(units.frames.length, found);
      lastHash = found.hash;
    }
    units.frames.push({ pts: mark.pts, dts: mark.dts, key, nalFrom, nalTo: units.nalStarts.length });
  }
  return { ok: true, ...units };
}

/** Whether a NAL unit has no place in an MP4 sample: the delimiter, and padding for a constant rate. */
export function isPadding(bytes: Uint8Array, nalStart: number): boolean {
  const type = bytes[nalStart]! & 0x1f;
  return type === NAL.delimiter || type === NAL.filler;
}

function splitNals(bytes: Uint8Array, from: number, to: number, units: VideoUnits): void {
  let open = -1;
  let at = from;
  while (at + 2 < to) {
    // Every third byte is enough to see each start code 00 00 01.
    const third = bytes[at + 2]!;
    if (third > 1) at += 3;
    else if (third === 0) at += 1;
    else if (bytes[at] === 0 && bytes[at + 1] === 0) {
      if (open >= 0) closeNal(bytes, open, at, units);
      open = at + 3;
      at += 3;
    } else at += 3;
  }
  if (open >= 0) closeNal(bytes, open, to, units);
}

function closeNal(bytes: Uint8Array, start: number, end: number, units: VideoUnits): void {
  // A NAL unit never ends with a zero byte: these belong to the next start code, or are padding.
  while (end > start && bytes[end - 1] === 0) end--;
  if (end === start) return;
  units.nalStarts.push(start);
  units.nalEnds.push(end);
}

function describeSets(sps: Uint8Array[], pps: Uint8Array[]): ParameterSets | undefined {
  const parameters = readSequenceParameters(sps[0]!);
  if (!parameters) return undefined;
  const hash = createHash("sha256");
  const distinct = (sets: Uint8Array[]) => {
    const seen = new Map(sets.map((set) => [Buffer.from(set).toString("hex"), set]));
    for (const hex of seen.keys()) hash.update(`${hex};`);
    return [...seen.values()].map((set) => set.slice());
  };
  return { sps: distinct(sps), pps: distinct(pps), hash: hash.digest("hex"), parameters };
}

/** Reads a sequence parameter set (H.264, 7.3.2.1.1); undefined when it makes no sense. */
export function readSequenceParameters(sps: Uint8Array): SequenceParameters | undefined {
  const bits = createBitReader(withoutEmulation(sps.subarray(1)));
  const profile = bits.read(8);
  const compatibility = bits.read(8);
  const level = bits.read(8);
  bits.readUnsigned();
  let [chromaFormat, bitDepthLuma, bitDepthChroma] = [1, 8, 8];
  if ([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].includes(profile)) {
    chromaFormat = bits.readUnsigned();
    if (chromaFormat === 3) bits.read(1);
    bitDepthLuma = 8 + bits.readUnsigned();
    bitDepthChroma = 8 + bits.readUnsigned();
    bits.read(1);
    if (bits.read(1)) {
      for (let list = 0; list < (chromaFormat === 3 ? 12 : 8); list++) {
        if (bits.read(1)) skipScalingList(bits, list < 6 ? 16 : 64);
      }
    }
  }
  bits.readUnsigned();
  const orderType = bits.readUnsigned();
  if (orderType === 0) bits.readUnsigned();
  else if (orderType === 1) {
    bits.read(1);
    bits.readSigned();
    bits.readSigned();
    const cycle = bits.readUnsigned();
    for (let n = 0; n < cycle && !bits.isPastEnd(); n++) bits.readSigned();
  }
  bits.readUnsigned();
  bits.read(1);
  const macroblocksWide = bits.readUnsigned() + 1;
  const mapUnitsHigh = bits.readUnsigned() + 1;
  const framesOnly = bits.read(1);
  if (!framesOnly) bits.read(1);
  bits.read(1);
  let [left, right, top, bottom] = [0, 0, 0, 0];
  if (bits.read(1)) {
    [left, right, top, bottom] = [
      bits.readUnsigned(),
      bits.readUnsigned(),
      bits.readUnsigned(),
      bits.readUnsigned(),
    ];
  }
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const cropY = (chromaFormat === 1 ? 2 : 1) * (framesOnly ? 1 : 2);
  const width = macroblocksWide * 16 - cropX * (left + right);
  const height = mapUnitsHigh * 16 * (framesOnly ? 1 : 2) - cropY * (top + bottom);
  if (bits.isPastEnd() || width <= 0 || height <= 0 || width > 16384 || height > 16384) return undefined;
  const usability = bits.read(1) ? readUsability(bits) : {};
  return {
    profile,
    compatibility,
    level,
    width,
    height,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    sampleAspect: usability.sampleAspect ?? { width: 1, height: 1 },
    frameTicks: usability.frameTicks ?? null,
  };
}

/** Table E-1; 255 is written out in the stream. */
const ASPECTS = [
  [1, 1],
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
] as const;

type BitReader = ReturnType<typeof createBitReader>;

/** The usability information (H.264, E.1.1) as far as the frame rate. */
function readUsability(bits: BitReader): Pick<Partial<SequenceParameters>, "sampleAspect" | "frameTicks"> {
  let sampleAspect: SequenceParameters["sampleAspect"] | undefined;
  if (bits.read(1)) {
    const code = bits.read(8);
    const [width, height] = code === 255 ? [bits.read(16), bits.read(16)] : (ASPECTS[code] ?? [1, 1]);
    if (width > 0 && height > 0) sampleAspect = { width, height };
  }
  if (bits.read(1)) bits.read(1);
  if (bits.read(1)) {
    bits.read(4);
    if (bits.read(1)) bits.read(24);
  }
  if (bits.read(1)) {
    bits.readUnsigned();
    bits.readUnsigned();
  }
  let frameTicks: number | undefined;
  if (bits.read(1)) {
    const unitsInTick = bits.read(32);
    const timeScale = bits.read(32);
    // Two ticks a frame: the clock counts fields.
    if (timeScale > 0 && unitsInTick > 0) frameTicks = Math.round((2 * 90_000 * unitsInTick) / timeScale);
  }
  return bits.isPastEnd() ? { sampleAspect } : { sampleAspect, frameTicks };
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  for (let n = 0; n < size && !bits.isPastEnd(); n++) {
    const next = (last + bits.readSigned() + 256) % 256;
    if (next === 0) return;
    last = next;
  }
}

/** Removes the 03 that keeps start codes out of a payload. */
function withoutEmulation(bytes: Uint8Array): Uint8Array {
  const kept: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    kept.push(byte);
  }
  return Uint8Array.from(kept);
}
