/** What an entry of a calendar says. */
export type CalendarWords = {
  title: string;
  /** ISO. */
  startsAt: string;
  lengthMinutes: number;
  about: string;
  /** The whole address of the page where it takes place. */
  url: string;
};

/**
 * Google's form for a new entry, filled in. There is no page of Google's about it; the format is written down at
 * https://github.com/InteractionDesignFoundation/add-event-to-calendar-docs, as is Outlook's.
 */
export function googleAddress({ title, about, url, ...time }: CalendarWords): string {
  const { start, end } = instantsOf(time);
  return address("https://calendar.google.com/calendar/render", {
    action: "TEMPLATE",
    text: oneLine(title),
    dates: `${compact(start)}/${compact(end)}`,
    details: aboutWith(about, url),
    location: url,
  });
}

/** Outlook's form for a new entry, of people's own accounts or of those of an organisation. */
export function outlookAddress(
  { title, about, url, ...time }: CalendarWords,
  host: "outlook.live.com" | "outlook.office.com",
): string {
  const { start, end } = instantsOf(time);
  return address(`https://${host}/calendar/0/action/compose`, {
    rru: "addevent",
    path: "/calendar/action/compose",
    subject: oneLine(title),
    startdt: start,
    enddt: end,
    body: aboutWith(about, url),
    location: url,
    allday: "false",
  });
}

/** Whole seconds of UTC, which both forms show on the reader's own clock: "2026-10-04T18:00:00Z". */
function instantsOf({ startsAt, lengthMinutes }: Pick<CalendarWords, "startsAt" | "lengthMinutes">) {
  const begin = Date.parse(startsAt);
  const words = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, "");
  return { start: words(begin), end: words(begin + lengthMinutes * 60_000) };
}

const compact = (instant: string) => instant.replaceAll(/[-:]/g, "");

const aboutWith = (about: string, url: string) => [about, url].filter(Boolean).join("\n\n");

const oneLine = (text: string) => text.replaceAll(/\s+/g, " ").trim();

/** Outlook shows a plus as a plus, so a space is %20, and not what `URLSearchParams` makes of it. */
function address(base: string, query: Record<string, string>): string {
  const pairs = Object.entries(query).map(
    ([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`,
  );
  return `${base}?${pairs.join("&")}`;
}
