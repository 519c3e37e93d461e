import { numberIn } from "./segment-names.ts";

/** What a recorder's own playlist says of one segment. */
export type ToldSegment = { number: number; durationMs: number; time: Date | null };

export type RecorderPlaylist = {
  /** In its own order, which may be any. */
  told: ToldSegment[];
  /** Whether it names anything that does not lie beside it. */
  leadsElsewhere: boolean;
};

/**
 * What a recorder's own playlist says, or undefined when it is none. It is asked for times alone, never for what there is:
 * names of anything but segments beside it are followed by nobody, and lines that make no sense are passed over.
 */
export function readRecorderPlaylist(playlist: string): RecorderPlaylist | undefined {
  if (!playlist.startsWith("#EXTM3U")) return undefined;
  const told: ToldSegment[] = [];
  let leadsElsewhere = false;
  let time: Date | null = null;
  let seconds = 0;
  for (const line of playlist.split(/\r?\n/)) {
    const said = /^#EXT-X-PROGRAM-DATE-TIME:(.+)$/.exec(line);
    if (said) time = new Date(said[1]!);
    const long = /^#EXTINF:([\d.]+)/.exec(line);
    if (long) seconds = Number(long[1]);
    if (line.trim() === "" || line.startsWith("#")) continue;
    const number = numberIn(line);
    if (number === undefined) leadsElsewhere = true;
    else
      told.push({
        number,
        durationMs: seconds * 1000,
        time: time && !Number.isNaN(time.getTime()) ? time : null,
      });
    time = null;
    seconds = 0;
  }
  return { told, leadsElsewhere };
}
