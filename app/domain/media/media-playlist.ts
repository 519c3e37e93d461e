export type PlaylistSegment = {
  /** Relative to the playlist; written as it is. */
  uri: string;
  durationMs: number;
  /** When its first frame was recorded; null where nobody knows. */
  programTime: Date | null;
  /** Whether it begins another attempt, another clock, other parameters, or follows a gap. */
  discontinuity: boolean;
};

/**
 * The media playlist of a recording (RFC 8216) from its verified segments, in order. `ended` makes it complete
 * (VOD, ENDLIST); otherwise it is an EVENT that grows at its end, whose EXT-X-TARGETDURATION must not change between two
 * readings (6.2.1): that is `targetDurationMs`, whatever the segments are like.
 *
 * Throws on an address that would break out of its line, and on a segment that is longer than the target.
 */
export function mediaPlaylist({
  segments,
  ended,
  targetDurationMs = 0,
}: {
  segments: readonly PlaylistSegment[];
  ended: boolean;
  targetDurationMs?: number;
}): string {
  // Math.max over 10,000s of arguments is slow and has a limit.
  const longest = ended
    ? segments.reduce((most, segment) => Math.max(most, segment.durationMs), 0)
    : targetDurationMs;
  const target = Math.max(1, Math.round(longest / 1000));
  const lines = [
    "#EXTM3U",
    // 3 brought fractions of a second; nothing here needs more, and every player has it.
    "#EXT-X-VERSION:3",
    `#EXT-X-TARGETDURATION:${target}`,
    "#EXT-X-MEDIA-SEQUENCE:0",
    `#EXT-X-PLAYLIST-TYPE:${ended ? "VOD" : "EVENT"}`,
    "#EXT-X-INDEPENDENT-SEGMENTS",
  ];
  for (const [index, { uri, durationMs, programTime, discontinuity }] of segments.entries()) {
    if (/[\r\n]/.test(uri) || uri === "" || uri.startsWith("#"))
      throw new Error(`segment ${index} has no usable address`);
    if (!(durationMs > 0)) throw new Error(`segment ${index} has no length`);
    if (Math.round(durationMs / 1000) > target) throw new Error(`segment ${index} is longer than the target`);
    if (discontinuity && index > 0) lines.push("#EXT-X-DISCONTINUITY");
    if (programTime) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${programTime.toISOString()}`);
    lines.push(`#EXTINF:${seconds(durationMs)},`, uri);
  }
  if (ended) lines.push("#EXT-X-ENDLIST");
  return `${lines.join("\n")}\n`;
}

/** Microseconds: over 10,000 segments, milliseconds would add up to seconds. */
const seconds = (ms: number) => (Math.round(ms * 1000) / 1e6).toFixed(6);
