import { useEffect, useState } from "react";

/** Longer than this, even a busy worker reads something back. */
const stillMs = 20_000;

/** Whether `value` has not changed for long while this page was open; false without scripts, and for null. */
export function useStill(value: string | null): boolean {
  const [still, setStill] = useState<string | null>(null);
  useEffect(() => {
    if (value === null) return;
    const timer = setTimeout(() => setStill(value), stillMs);
    return () => clearTimeout(timer);
  }, [value]);
  return value !== null && still === value;
}
