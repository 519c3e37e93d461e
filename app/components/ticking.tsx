import { useEffect, useState } from "react";
import { formatCountdown, formatElapsed } from "./time-format.ts";

/**
 * The seconds since this page was made, by the browser's clock; only differences are taken, so that a clock that is
 * wrong changes nothing.
 */
function useSecondsOnPage(now: string): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const begun = performance.now();
    const tick = () => setSeconds((performance.now() - begun) / 1000);
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [now]);
  return seconds;
}

const between = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000;

/** How long until `to`. `now` is the server's clock when the page was made (ISO), and what a page without scripts shows. */
export function Countdown({ to, now }: { to: string; now: string }) {
  const seconds = useSecondsOnPage(now);
  return (
    <span className="num" role="timer">
      {formatCountdown(between(now, to) - seconds)}
    </span>
  );
}

/** How long since `since`; `now` as in `Countdown`. */
export function Elapsed({ since, now }: { since: string; now: string }) {
  const seconds = useSecondsOnPage(now);
  return (
    <span className="num" role="timer">
      {formatElapsed(between(since, now) + seconds)}
    </span>
  );
}
