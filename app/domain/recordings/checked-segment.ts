import { createHash } from "node:crypto";
import { type Sample, sampleOf } from "#app/domain/media/sample.ts";
import { factsOf, readSegment, type SegmentFacts } from "#app/domain/media/segment.ts";
import type { SegmentProblem } from "#app/domain/media/transport-stream.ts";
import type { Storage, StoredObject } from "#app/services/storage.ts";

/** What keeps a segment out of its recording. */
export type PieceProblem =
  | SegmentProblem
  /** It gives its pictures no time to be shown. */
  | "no_length"
  | "too_large"
  /** Storage lists it, and did not give it for long. */
  | "unreadable"
  /** It never came, or is gone. */
  | "missing"
  /** Its clock does not go on from those beside it. */
  | "wrong_clock"
  /** As that, and the same bytes lie elsewhere in the same attempt. */
  | "repeated"
  /** As that, and they are those of another recorder. */
  | "of_another";

/** What is odd about one that plays all the same. */
export type PieceRemark =
  "other_picture" | "other_picture_inside" | "other_sound" | "no_picture" | "no_sound";

/** A segment as it is written down. Times are 90 kHz ticks. */
export type CheckedSegment = {
  number: number;
  key: string;
  bytes: number;
  etag: string;
  sha256: string;
  first_pts: number;
  /** 0 for one that cannot be played. */
  duration_ticks: number;
  width: number | null;
  height: number | null;
  has_video: boolean;
  has_audio: boolean;
  picture: string | null;
  sound: string | null;
  problem: string | null;
  remarks: string[];
};

/** Two seconds of the best picture are a tenth of it; nothing that large is read into memory. */
const mostBytes = 64 * 1024 * 1024;
/** Recorders are asked for 2 s. One that says that it is so long has a clock that leaps in its middle. */
const longestTicks = 30 * 90_000;
/** How far apart picture and sound of a segment may begin: sound can be missing for most of it. */
const apartTicks = 10 * 90_000;

/**
 * Reads a segment back from storage and says what it is. Rejects when storage does not give what it lists. `samples` gets what
 * there is to be looked at of one that plays.
 */
export async function checkSegment(
  storage: Pick<Storage, "readListed">,
  number: number,
  object: StoredObject,
  samples?: Sample[],
): Promise<CheckedSegment> {
  const { key, bytes, etag } = object;
  if (bytes > mostBytes) return { ...nothing, number, key, bytes, etag, problem: "too_large" };
  const content = await storage.readListed(object);
  const seen = { number, key, bytes, etag, sha256: sha256Of(content) };
  const segment = readSegment(content);
  if (!segment.ok) return { ...nothing, ...seen, problem: segment.reason };
  const facts = factsOf(segment);
  const problem = problemOf(facts);
  if (problem) return { ...nothing, ...seen, problem };
  samples?.push(sampleOf(number, segment));
  return { ...seen, ...describe(facts), problem, remarks: remarksOn(facts) };
}

const nothing = {
  sha256: "",
  first_pts: 0,
  duration_ticks: 0,
  width: null,
  height: null,
  has_video: false,
  has_audio: false,
  picture: null,
  sound: null,
  remarks: [],
};

const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function problemOf({ durationTicks, video, audio }: SegmentFacts): PieceProblem | null {
  if (durationTicks <= 0) return "no_length";
  if (durationTicks > longestTicks) return "wrong_clock";
  if (video && audio && Math.abs(video.firstPts - audio.firstPts) > apartTicks) return "wrong_clock";
  return null;
}

const describe = ({ firstPts, durationTicks, video, audio }: SegmentFacts) => ({
  first_pts: firstPts,
  duration_ticks: durationTicks,
  width: video?.width ?? null,
  height: video?.height ?? null,
  has_video: Boolean(video),
  has_audio: Boolean(audio),
  picture: video && video.parametersHash.slice(0, 16),
  sound: audio && `aac ${audio.objectType} ${audio.sampleRate} ${audio.channels}`,
});

/** What it says about itself alone: its table may announce a picture or sound that does not come. */
function remarksOn({ video, audio, announced }: SegmentFacts): PieceRemark[] {
  const remarks: PieceRemark[] = [];
  if (announced.picture && !video) remarks.push("no_picture");
  if (announced.sound && !audio) remarks.push("no_sound");
  if (video && video.parameterChanges > 0) remarks.push("other_picture_inside");
  return remarks;
}

type Before = Pick<CheckedSegment, "has_video" | "has_audio" | "picture" | "sound">;

/**
 * What is odd about a segment beside the one before it. Other parameter sets (another size, another profile) or another
 * kind of sound are no fault: `listRecordedParts` puts EXT-X-DISCONTINUITY before it, at which a player makes its decoder
 * anew from the sets that this segment brings.
 */
export function withRemarks(segment: CheckedSegment, before: Before | undefined): CheckedSegment {
  if (!before || segment.duration_ticks === 0) return segment;
  const remarks = new Set(segment.remarks);
  // Told once, where it begins.
  if (before.has_video && !segment.has_video) remarks.add("no_picture");
  else remarks.delete("no_picture");
  if (before.has_audio && !segment.has_audio) remarks.add("no_sound");
  else remarks.delete("no_sound");
  if (isOther(before.picture, segment.picture)) remarks.add("other_picture");
  if (isOther(before.sound, segment.sound)) remarks.add("other_sound");
  return { ...segment, remarks: [...remarks] };
}

/** Whether a decoder needs another set-up; where there is nothing, or nothing is known, it does not. */
export const isOther = (before: string | null, next: string | null): boolean =>
  before !== null && next !== null && before !== next;
