/**
 * What a recorder's own playlist says about when its segments began, by segment number. Lines that make no sense are
 * passed over: the playlist is only asked for times, never for what there is.
 */
export function programTimesOf(playlist: string): Map<number, Date> {
  const times = new Map<number, Date>();
  let time: Date | undefined;
  for (const line of playlist.split(/\r?\n/)) {
    const said = /^#EXT-X-PROGRAM-DATE-TIME:(.+)$/.exec(line);
    if (said) time = new Date(said[1]!);
    if (line === "" || line.startsWith("#")) continue;
    const number = /(?:^|\/)seg_(\d{5,})\.ts$/.exec(line)?.[1];
    if (number !== undefined && time && !Number.isNaN(time.getTime())) times.set(Number(number), time);
    time = undefined;
  }
  return times;
}
