/** What a series will be. */
export type DatesWords = {
  words: string;
  timeZone: string;
  count: number;
  lines: { number: number; day: string; time: string; offset: string; notes: string[] }[];
  skipped: string | null;
  /** What of a series that goes on would not be there any more. */
  lost: string[];
  /** Says which dates these are. */
  seen: string;
};

type DatesProps = {
  dates: DatesWords | undefined;
  /** Why there are none yet. */
  problem: string | undefined;
};

/** The dates of a series before it is scheduled, those marked on which the clocks do something. */
export function Dates({ dates, problem }: DatesProps) {
  return (
    <section className="dates" aria-label="Its dates">
      <p role="status">
        {dates ? (
          <>
            <strong>{dates.words}.</strong> {dates.count === 1 ? "One stream" : `${dates.count} streams`},
            times in {dates.timeZone}.
          </>
        ) : (
          (problem ?? "Its dates stand here before anything is scheduled.")
        )}
      </p>
      {dates && (
        <ol className="dates-list">
          {dates.lines.map(({ number, day, time, notes }) => (
            <li key={number} value={number}>
              <span className="num">
                {day}, <b>{time}</b>
              </span>
              {notes.map((note) => (
                <span key={note} className="small dates-note">
                  {note}
                </span>
              ))}
            </li>
          ))}
        </ol>
      )}
      {dates?.lost.map((words) => (
        <p key={words} className="dates-lost">
          {words}
        </p>
      ))}
      {dates?.skipped && <p className="small">{dates.skipped}</p>}
    </section>
  );
}
