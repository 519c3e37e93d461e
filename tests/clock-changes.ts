/** Of a month, counted from 0 as dates do. */
const months = { forward: 2, back: 9 };

/** The next day on which Berlin's clocks change, at least so many days ahead: `YYYY-MM-DD`. */
export function nextClockChange(way: keyof typeof months, leastDays = 2): string {
  const days = Array.from(
    { length: 400 },
    (_, index) => new Date(Date.now() + (index + leastDays) * 86_400_000),
  );
  const found = days.find(
    (day) => day.getUTCMonth() === months[way] && day.getUTCDay() === 0 && day.getUTCDate() > 24,
  )!;
  return found.toISOString().slice(0, 10);
}
