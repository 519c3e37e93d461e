import ICAL from "ical.js";

export type ReadEntry = {
  uid: string;
  sequence: number;
  status: string;
  title: string;
  description: string;
  startsAt: Date;
  endsAt: Date;
  url: string;
};

/** A calendar file as a program that knows nothing of ours reads it; throws where it is none. */
export function readCalendar(file: string): { method: string; name: string | null; entries: ReadEntry[] } {
  const calendar = new ICAL.Component(ICAL.parse(file) as never);
  const textOf = (component: ICAL.Component, name: string) =>
    component.getFirstPropertyValue(name)?.toString() ?? null;
  return {
    method: textOf(calendar, "method") ?? "",
    name: textOf(calendar, "x-wr-calname"),
    entries: calendar.getAllSubcomponents("vevent").map((component) => {
      const event = new ICAL.Event(component);
      return {
        uid: event.uid,
        sequence: Number(event.sequence),
        status: textOf(component, "status") ?? "",
        title: event.summary,
        description: event.description,
        startsAt: event.startDate.toJSDate(),
        endsAt: event.endDate.toJSDate(),
        url: textOf(component, "url") ?? "",
      };
    }),
  };
}
