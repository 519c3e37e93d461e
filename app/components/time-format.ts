/*
 * Times in words, the same on the server and in every browser: only numbers are taken from Intl (whose words differ
 * between versions), and the zone is always given.
 */

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

export type Moment = {
  /** The zone of `day` and `time`: the reader's if it is known, else the stream's, else UTC. */
  zone: string;
  /** Whether it is the reader's. */
  yours: boolean;
  /** "Monday 30 November 2026" */
  day: string;
  /** "Mon 30 Nov 2026" */
  shortDay: string;
  /** "30" */
  dayOfMonth: string;
  /** "Mon" */
  weekday: string;
  /** "Nov" */
  month: string;
  /** "2026" */
  year: string;
  /** "19:00" */
  time: string;
  /** The same instant where the clock shows something else: at the stream's place, or in UTC for an unknown reader. */
  other: string | undefined;
};

/**
 * Describes an instant (ISO) for a reader. `zone` is the reader's zone where it is known; `streamZone` the zone of the
 * place the stream is made at. Unknown names count as not given.
 */
export function describeMoment(at: string, zone?: string | null, streamZone?: string | null): Moment {
  const readers = knownZone(zone);
  const streams = knownZone(streamZone);
  const shown = readers ?? streams ?? "UTC";
  const here = wallClock(at, shown);
  const weekday = weekdays[here.weekday] ?? "";
  const month = months[here.month - 1] ?? "";
  return {
    zone: shown,
    yours: readers !== undefined,
    day: `${weekday} ${here.day} ${month} ${here.year}`,
    shortDay: shortDay(here),
    dayOfMonth: two(here.day),
    weekday: weekday.slice(0, 3),
    month: month.slice(0, 3),
    year: String(here.year),
    time: clockTime(here),
    other: elsewhere(at, here, readers ? (streams ?? shown) : "UTC"),
  };
}

/** "Europe/Berlin" as it is, "UTC" for its many names, and offsets as such. */
export function nameZone(zone: string): string {
  if (/^(Etc\/)?(UTC|UCT|GMT|Zulu|Universal|Greenwich)$/i.test(zone)) return "UTC";
  return /^[+-]/.test(zone) ? `UTC${zone}` : zone;
}

/** "in New York", "in UTC": how a zone is called in a sentence. */
function place(zone: string): string {
  const named = nameZone(zone);
  if (!named.includes("/") || named.startsWith("Etc/")) return named;
  return `in ${named.slice(named.lastIndexOf("/") + 1).replaceAll("_", " ")}`;
}

/** "42:07", "1:02:03": for how long something has been going on. */
export function formatElapsed(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${two(minutes)}:${two(whole % 60)}`;
}

/** "2 d 4 h", "4 h 11 min", "04:11" (minutes and seconds): how long it still takes. */
export function formatCountdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole >= 86_400) return `${Math.floor(whole / 86_400)} d ${Math.floor(whole / 3600) % 24} h`;
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
  return `${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
}

/** The same without seconds: "11 min", "less than 1 min". */
export function formatCalmCountdown(seconds: number): string {
  if (seconds >= 3600) return formatCountdown(seconds);
  return seconds < 60 ? "less than 1 min" : `${Math.floor(seconds / 60)} min`;
}

/** "45 min", "2 h", "1 h 30 min". */
export function formatLength(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes} min`;
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** A duration as `<time dateTime>` wants it: "PT2527S". */
export function isoDuration(seconds: number): string {
  return `PT${Math.max(0, Math.round(seconds))}S`;
}

/** The zone's name if this machine knows it. */
export function knownZone(zone: string | null | undefined): string | undefined {
  if (!zone) return undefined;
  return clockOf(zone) && zone;
}

function elsewhere(at: string, here: WallClock, zone: string): string | undefined {
  const there = wallClock(at, zone);
  if (clockTime(there) === clockTime(here) && there.day === here.day) return undefined;
  const words = zone === "UTC" ? "UTC" : place(zone);
  return there.day === here.day
    ? `${clockTime(there)} ${words}`
    : `${shortDay(there)}, ${clockTime(there)} ${words}`;
}

type WallClock = { year: number; month: number; day: number; weekday: number; hour: number; minute: number };

const clocks = new Map<string, Intl.DateTimeFormat | undefined>();

/** Making one takes long, so they are kept; but names come from cookies too, so not without end. */
function clockOf(zone: string): Intl.DateTimeFormat | undefined {
  if (clocks.has(zone)) return clocks.get(zone);
  if (clocks.size > 600) clocks.clear();
  const clock = makeClock(zone);
  clocks.set(zone, clock);
  return clock;
}

function makeClock(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
  } catch {
    return undefined;
  }
}

function wallClock(at: string, zone: string): WallClock {
  const instant = new Date(at);
  const found = new Map(
    clockOf(zone)
      ?.formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => found.get(type) ?? 0;
  const [year, month, day] = [part("year"), part("month"), part("day")];
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  return { year, month, day, weekday, hour: part("hour"), minute: part("minute") };
}

function shortDay({ weekday, day, month, year }: WallClock): string {
  return `${weekdays[weekday]?.slice(0, 3)} ${day} ${months[month - 1]?.slice(0, 3)} ${year}`;
}

function clockTime({ hour, minute }: WallClock): string {
  return `${two(hour)}:${two(minute)}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
