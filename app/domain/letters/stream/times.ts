import { normalizeZone } from "../../schedule/zones.ts";
import { clockInWords, dayInWords } from "../../schedule/words.ts";
import { Temporal } from "temporal-polyfill";

/** An instant for one reader: on their clock, and on the stream's where that shows something else. */
export type LetterTime = {
  /** "Thursday 31 December 2026, 19:00" */
  words: string;
  /** "Europe/Berlin" */
  zone: string;
  /** "18:00 in Europe/London", with the day where it is another; null: no other clock is needed. */
  other: string | null;
  /** "Thu 31 Dec, 19:00": for a subject. */
  short: string;
};

/**
 * Describes `at` for a reader in `zone`. A zone that was renamed has its new name, and one that nobody knows (any more) or
 * that was never told counts as the stream's.
 */
export function letterTime(at: Date, zone: string | null, streamZone: string): LetterTime {
  const streams = normalizeZone(streamZone) ?? "UTC";
  const readers = normalizeZone(zone) ?? streams;
  const here = wallClock(at, readers);
  const there = wallClock(at, streams);
  const day = dayInWords(here);
  const same = here.toPlainDateTime().equals(there.toPlainDateTime());
  const sameDay = here.toPlainDate().equals(there.toPlainDate());
  const elsewhere = sameDay ? clockInWords(there) : `${dayInWords(there)}, ${clockInWords(there)}`;
  const [weekday = "", date = "", month = ""] = day.split(" ");
  return {
    words: `${day}, ${clockInWords(here)}`,
    zone: nameOf(readers),
    other: same ? null : `${elsewhere} in ${nameOf(streams)}`,
    short: `${weekday.slice(0, 3)} ${date} ${month.slice(0, 3)}, ${clockInWords(here)}`,
  };
}

const nameOf = (zone: string) => zone.replaceAll("_", " ");

const wallClock = (at: Date, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone);
