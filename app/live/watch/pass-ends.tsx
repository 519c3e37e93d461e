import { useEffect, useState } from "react";
import { ButtonLink } from "#app/components/button.tsx";
import { Notice } from "#app/components/notice.tsx";
import { When } from "#app/components/when.tsx";
import type { WatchProps } from "./watch-page.tsx";

/** Who is told so long before the end has time to do something about it. */
const noticeMs = 5 * 60_000;

/** Says, in its last minutes, that a pass ends and what to do. What was put off meanwhile is not said any more. */
export function PassEnds({ page, watch: { end } }: WatchProps) {
  const { pass, space, zone, streamZone, at } = page;
  const until = end ? end.until : (pass?.until ?? null);
  const minutes = useLastMinutes(until, end?.atMs ?? null, at);
  if (!until || minutes === null) return null;
  return (
    <Notice title={`Your pass ends in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`} role="status">
      <p>
        The picture ends with it, <When at={until} zone={zone} streamZone={streamZone} size="time" />. To
        stay, get another pass, or ask the team to extend yours.
      </p>
      <p className="row">
        <ButtonLink to={`/${space.slug}`}>See the passes</ButtonLink>
      </p>
    </Notice>
  );
}

/**
 * How many minutes are left, rounded up; null while there are more than five, or none. `endMs` is the end by
 * `performance.now()` where it was told; otherwise the page's own time (`at`, ISO) says how long it was when it was made.
 */
function useLastMinutes(until: string | null, endMs: number | null, at: string): number | null {
  const atFirst = until === null ? null : minutesOf(Date.parse(until) - Date.parse(at));
  const [minutes, setMinutes] = useState(atFirst);
  useEffect(() => {
    if (until === null) return setMinutes(null);
    const end = endMs ?? performance.now() + Date.parse(until) - Date.parse(at);
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      const left = end - performance.now();
      setMinutes(minutesOf(left));
      if (left > 0) timer = setTimeout(look, left > noticeMs ? Math.min(left - noticeMs, 3_600_000) : 5_000);
    };
    look();
    return () => clearTimeout(timer);
  }, [until, endMs, at]);
  return minutes;
}

const minutesOf = (ms: number) => (ms > noticeMs || ms <= 0 ? null : Math.ceil(ms / 60_000));
