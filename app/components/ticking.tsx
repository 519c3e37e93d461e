import { useEffect, useState } from "react";
import { formatCalmCountdown, formatCountdown, formatElapsed } from "./time-format.ts";

/**
 * The seconds since `now` was heard (`heardMs`, by `performance.now()`; without it, since this was drawn), by the
 * browser's clock; only differences are taken, so that a clock that is wrong changes nothing.
 */
function useSecondsOnPage(now: string, heardMs?: number): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const begun = heardMs ?? performance.now();
    const tick = () => setSeconds((performance.now() - begun) / 1000);
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [now, heardMs]);
  return seconds;
}

/** Whether the reader wants nothing to move; false until that is known. */
function useCalm(): boolean {
  const [calm, setCalm] = useState(false);
  useEffect(() => {
    const wish = window.matchMedia("(prefers-reduced-motion: reduce)");
    const tell = () => setCalm(wish.matches);
    tell();
    wish.addEventListener("change", tell);
    return () => wish.removeEventListener("change", tell);
  }, []);
  return calm;
}

const between = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000;

type CountdownProps = { to: string; now: string; heardMs?: number };

/**
 * How long until `to`. `now` is the server's clock when the page was made (ISO), and what a page without scripts shows;
 * `heardMs` when that was heard. Nobody is read each second (`timer` is silent by itself), and where nothing is to move
 * it counts minutes.
 */
export function Countdown({ to, now, heardMs }: CountdownProps) {
  const left = between(now, to) - useSecondsOnPage(now, heardMs);
  const calm = useCalm();
  return (
    <span className="num" role="timer">
      {calm ? formatCalmCountdown(left) : formatCountdown(left)}
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
