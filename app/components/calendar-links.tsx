import { type CalendarWords, googleAddress, outlookAddress } from "./calendar-addresses.ts";

type CalendarLinksProps = CalendarWords & {
  /** The path of the file for every other calendar. */
  file: string;
};

/** Ways to put a stream into one's own calendar: plain links, which need no script. */
export function CalendarLinks({ file, ...words }: CalendarLinksProps) {
  const ways = [
    { label: "Calendar file", href: file },
    { label: "Google", href: googleAddress(words) },
    { label: "Outlook", href: outlookAddress(words, "outlook.live.com") },
    { label: "Microsoft 365", href: outlookAddress(words, "outlook.office.com") },
  ];
  return (
    <section aria-labelledby="calendar-links">
      <h2 className="small" id="calendar-links">
        Put it in your calendar
      </h2>
      <ul className="calendar-links">
        {ways.map(({ label, href }) => (
          <li key={label}>
            <a className="button" data-kind="quiet" href={href} rel="noopener">
              {label}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
