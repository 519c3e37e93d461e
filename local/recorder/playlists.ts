/** A segment that stands in the bucket. `startsAt` is wall time in ms, `seconds` its length. */
export type StoredSegment = { name: string; startsAt: number; seconds: number };

const LIVE_SEGMENTS = 5;

/** The whole recording's playlist, word for word as LiveKit Egress 1.14.1 writes it (`tests/fixtures/egress-wire.jsonl`). */
export function eventPlaylist(segments: readonly StoredSegment[], options: PlaylistOptions): string {
  return playlist(segments, 0, ["#EXT-X-PLAYLIST-TYPE:EVENT"], options);
}

/** The last five segments. */
export function livePlaylist(segments: readonly StoredSegment[], options: PlaylistOptions): string {
  const first = Math.max(0, segments.length - LIVE_SEGMENTS);
  return playlist(segments.slice(first), first, [], options);
}

type PlaylistOptions = { targetSeconds: number; ended: boolean };

function playlist(
  segments: readonly StoredSegment[],
  sequence: number,
  kind: string[],
  { targetSeconds, ended }: PlaylistOptions,
): string {
  const lines = [
    "#EXTM3U",
    "#EXT-X-VERSION:4",
    ...kind,
    "#EXT-X-ALLOW-CACHE:NO",
    `#EXT-X-TARGETDURATION:${targetSeconds}`,
    `#EXT-X-MEDIA-SEQUENCE:${sequence}`,
    ...segments.flatMap(({ name, startsAt, seconds }) => [
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(startsAt).toISOString()}`,
      `#EXTINF:${seconds.toFixed(3)},`,
      name,
    ]),
    ...(ended ? ["#EXT-X-ENDLIST"] : []),
  ];
  return `${lines.join("\n")}\n`;
}
