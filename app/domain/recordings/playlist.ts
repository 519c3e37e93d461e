import { mediaPlaylist } from "#app/domain/media/media-playlist.ts";
import type { Part } from "./parts.ts";

/**
 * The playlist of a finished recording. Addresses are relative to it: `{attempt}/{segment}.ts`. The time of day stands
 * where a clock begins; in between it follows from the lengths.
 */
export function replayPlaylist(parts: readonly Part[]): string {
  return mediaPlaylist({
    ended: true,
    segments: parts.map(({ attempt, number, durationMs, programTime, discontinuity }, index) => ({
      uri: `${attempt}/${number}.ts`,
      durationMs,
      programTime: index === 0 || discontinuity ? programTime : null,
      discontinuity,
    })),
  });
}
