/** Of a month, counted from 0 as dates do. */
const months = { forward: 2, back: 9 };

/** The next day on which Berlin's clocks change, at least two days ahead: `YYYY-MM-DD`. */
export function nextClockChange(way: keyof typeof months): string {
  const days = Array.from({ length: 400 }, (_, index) => new Date(Date.now() + (index + 2) * 86_400_000));
  const found = days.find(
    (day) => day.getUTCMonth() === months[way] && day.getUTCDay() === 0 && day.getUTCDate() > 24,
  )!;
  return found.toISOString().slice(0, 10);
}
