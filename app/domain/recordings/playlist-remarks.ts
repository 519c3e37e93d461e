import { ticksBetween } from "#app/domain/media/transport-stream.ts";
import type { RecorderPlaylist } from "./recorder-playlist.ts";

/** What a recorder's playlist says that is not so. Nothing of it changes the recording, which goes by the segments. */
export type PlaylistRemark =
  | "no_playlist"
  | "unreadable"
  | "leads_elsewhere"
  | "names_missing"
  | "leaves_out"
  | "other_lengths"
  | "other_order"
  | "other_times";

type Real = { number: number; first_pts: number; duration_ticks: number; problem: string | null };

const lengthToleranceMs = 500;
const timeToleranceMs = 1000;

/** Holds a recorder's playlist (undefined: what lies there is none) against the segments that are there. */
export function remarksOnPlaylist(
  playlist: RecorderPlaylist | undefined,
  segments: readonly Real[],
): PlaylistRemark[] {
  if (!playlist) return ["unreadable"];
  const { told, leadsElsewhere } = playlist;
  const there = segments.filter(({ problem }) => problem !== "missing");
  const real = new Map(there.map((segment) => [segment.number, segment]));
  const named = new Set(told.map(({ number }) => number));
  const last = told.reduce((most, { number }) => Math.max(most, number), -1);
  const played = told.filter(({ number }) => (real.get(number)?.duration_ticks ?? 0) > 0);

  const remarks: PlaylistRemark[] = [];
  if (leadsElsewhere) remarks.push("leads_elsewhere");
  if (told.some(({ number }) => !real.has(number))) remarks.push("names_missing");
  // One that was killed had stored more than it had listed.
  if (there.some(({ number }) => number < last && !named.has(number))) remarks.push("leaves_out");
  if (
    played.some(
      ({ number, durationMs }) =>
        Math.abs(durationMs - real.get(number)!.duration_ticks / 90) > lengthToleranceMs,
    )
  )
    remarks.push("other_lengths");
  if (told.some(({ number }, index) => index > 0 && number <= told[index - 1]!.number))
    remarks.push("other_order");
  if (played.some((each, index) => index > 0 && timesDiffer(played[index - 1]!, each, real)))
    remarks.push("other_times");
  return remarks;
}

type Told = RecorderPlaylist["told"][number];

/** Whether the time between two is not what their own clocks say. */
function timesDiffer(one: Told, other: Told, real: Map<number, Real>): boolean {
  if (!one.time || !other.time) return false;
  const ticks = ticksBetween(real.get(one.number)!.first_pts, real.get(other.number)!.first_pts);
  return Math.abs(other.time.getTime() - one.time.getTime() - ticks / 90) > timeToleranceMs;
}
