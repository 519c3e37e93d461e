import { type RefObject, useEffect, useState } from "react";
import type { DatesWords } from "./dates.tsx";

const names = ["day", "time", "zone", "length", "repeats", "until", "times", "own"];
/** Nobody reads dates between two letters. */
const pauseMs = 300;

type Answer = { ok: true; dates: DatesWords } | { ok: false; problem: string };
type Shown = { shown: DatesWords | undefined; problem: string | undefined };

/**
 * The dates of the series that the form around `part` says, asked for again whenever somebody changes it. At first, and
 * without scripts, those that the page came with.
 */
export function useDates(
  part: RefObject<HTMLElement>,
  { dates, ask }: { dates: DatesWords | undefined; ask: Record<string, string> },
): Shown {
  const [found, setFound] = useState<Shown>({ shown: dates, problem: undefined });
  useEffect(() => {
    if (dates) setFound({ shown: dates, problem: undefined });
  }, [dates]);
  const about = new URLSearchParams(ask).toString();
  useEffect(() => {
    const form = part.current?.closest("form");
    if (!form) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking: AbortController | undefined;
    let last = "";
    const look = async () => {
      const query = new URLSearchParams(about);
      const fields = new FormData(form);
      for (const name of names) query.set(name, String(fields.get(name) ?? ""));
      if (!query.get("repeats") || query.toString() === last) return;
      last = query.toString();
      asking?.abort();
      asking = new AbortController();
      const answer = await askFor(last, asking.signal);
      if (!answer) return;
      setFound(
        answer.ok
          ? { shown: answer.dates, problem: undefined }
          : { shown: undefined, problem: answer.problem },
      );
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => void look(), pauseMs);
    };
    form.addEventListener("input", wait);
    wait();
    return () => {
      form.removeEventListener("input", wait);
      clearTimeout(timer);
      asking?.abort();
    };
  }, [part, about]);
  return found;
}

/** Undefined where there is no answer: then the form shows its dates when it is sent. */
async function askFor(query: string, signal: AbortSignal): Promise<Answer | undefined> {
  try {
    const response = await fetch(`/account/streams/dates.json?${query}`, { signal });
    return response.ok ? ((await response.json()) as Answer) : undefined;
  } catch {
    return undefined;
  }
}
