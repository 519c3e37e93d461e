import type { Temporal } from "temporal-polyfill";

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
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

export const monthName = (month: number): string | undefined => months[month - 1];

/** "Monday" for 1 to "Sunday" for 7. */
export const weekdayName = (dayOfWeek: number): string => weekdays[dayOfWeek - 1] ?? "";

type Day = Pick<Temporal.PlainDate, "dayOfWeek" | "day" | "month" | "year">;

/** "Sunday 28 March 2027" */
export const dayInWords = (date: Day) =>
  `${weekdays[date.dayOfWeek - 1]} ${date.day} ${months[date.month - 1]} ${date.year}`;

/** "02:30" */
export const clockInWords = ({ hour, minute }: Pick<Temporal.PlainTime, "hour" | "minute">) =>
  `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;

/** "02:30" on `day` itself, "Sunday 28 March 2027, 02:30" elsewhere. */
export const timeBeside = (at: Temporal.PlainDateTime, day: Temporal.PlainDate) =>
  at.toPlainDate().equals(day) ? clockInWords(at) : `${dayInWords(at)}, ${clockInWords(at)}`;
