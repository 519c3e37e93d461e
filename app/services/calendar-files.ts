import ical, {
  ICalCalendarMethod,
  ICalEventBusyStatus,
  ICalEventStatus,
  ICalEventTransparency,
} from "ical-generator";

/** One entry of a calendar, in our words. */
export type CalendarEntry = {
  /** Stays the same for as long as there is what it stands for. */
  uid: string;
  /** Grows with each change; not below 0. */
  sequence: number;
  cancelled: boolean;
  startsAt: Date;
  endsAt: Date;
  /** The IANA name of the zone in which it was planned; undefined where that is not known. */
  timeZone: string | undefined;
  /** One line. */
  title: string;
  /** Lines of plain text. */
  description: string;
  /** The page where it takes place. */
  url: string;
  organizer: { name: string; email: string };
  createdAt: Date;
  changedAt: Date;
};

type CalendarFile = {
  entries: CalendarEntry[];
  /** Of a calendar that is fetched again and again: how it is called, and after how many seconds to fetch it. */
  feed?: { name: string; everySeconds: number };
};

/**
 * An iCalendar file (RFC 5545, METHOD:PUBLISH): lines end in CR LF, are folded at 75 octets between characters, and texts
 * are escaped. The same entries give the same bytes.
 *
 * Times are written in UTC. A stream is promised as an instant, and an entry with TZID would be an hour off in every
 * calendar whose rules of that zone are older or newer than ours, or which does not know its name (Europe/Kyiv). The
 * zone in which it was planned stands beside it, as a property of our own and in the words of the description.
 */
export function calendarFile({ entries, feed }: CalendarFile): string {
  const calendar = ical({
    prodId: { company: "Frontrow", product: "Streams", language: "EN" },
    method: ICalCalendarMethod.PUBLISH,
    // The library writes a calendar's name as it is.
    name: feed && oneLine(feed.name).replaceAll(/[\\;,]/g, "\\$&"),
    ttl: feed?.everySeconds,
  });
  for (const entry of entries) {
    const { uid, sequence, cancelled, startsAt, endsAt, timeZone, organizer } = entry;
    calendar.createEvent({
      id: uid,
      sequence,
      // An entry's revision is dated, and not the file, which would be another one each time that it is asked for.
      stamp: entry.changedAt,
      created: entry.createdAt,
      lastModified: entry.changedAt,
      start: startsAt,
      end: endsAt,
      summary: oneLine(entry.title),
      description: plain(entry.description),
      // Many calendars show a place, and not every one an address.
      location: entry.url,
      url: entry.url,
      organizer: { name: oneLine(organizer.name), email: organizer.email },
      status: cancelled ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
      transparency: cancelled ? ICalEventTransparency.TRANSPARENT : ICalEventTransparency.OPAQUE,
      busystatus: cancelled ? ICalEventBusyStatus.FREE : ICalEventBusyStatus.BUSY,
      x: timeZone ? { "X-FRONTROW-TIME-ZONE": timeZone } : undefined,
    });
  }
  return `${calendar.toString()}\r\n`;
}

/** Every kind of line break as one, and none of the controls that a content line cannot hold. */
const plain = (text: string) =>
  text
    .toWellFormed()
    .replaceAll(/\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g, "\n")
    .replaceAll(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/g, "");

const oneLine = (text: string) => plain(text).replaceAll(/\s+/g, " ").trim();
