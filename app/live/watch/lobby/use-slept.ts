import { useEffect, useRef, useState } from "react";

const lookMs = 1_000;
/** A clock that is put right by less than this is no sleep. */
const leastMs = 1_500;

/**
 * Whether this machine has slept, or its clock was set, since the server's clock was heard at `heardMs`: some browsers'
 * `performance.now()` stands still while they sleep, so nothing can be counted from before. `readAgain` asks the server,
 * and is called once each time. A page that comes back out of the browser's own cache has slept, too.
 */
export function useSlept(heardMs: number, readAgain: (spreadMs: number) => void): boolean {
  const [sleptAt, setSleptAt] = useState<number | null>(null);
  const ask = useRef(readAgain);
  ask.current = readAgain;
  useEffect(() => {
    let apart = Date.now() - performance.now();
    const noteSleep = () => {
      setSleptAt(performance.now());
      ask.current(300);
    };
    const look = () => {
      const before = apart;
      apart = Date.now() - performance.now();
      if (Math.abs(apart - before) > leastMs) noteSleep();
    };
    const show = ({ persisted }: PageTransitionEvent) => persisted && noteSleep();
    const timer = setInterval(look, lookMs);
    document.addEventListener("visibilitychange", look);
    window.addEventListener("pageshow", show);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("pageshow", show);
    };
  }, []);
  return sleptAt !== null && sleptAt > heardMs;
}
