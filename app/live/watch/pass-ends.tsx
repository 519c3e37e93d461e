import { useEffect, useState } from "react";
import { ButtonLink } from "#app/components/button.tsx";
import { Notice } from "#app/components/notice.tsx";
import type { WatchProps } from "./watch-page.tsx";

/** Who is told so long before the end has time to do something about it. */
const noticeMs = 5 * 60_000;

/** When the pass ends by which somebody is here (ISO): what was told last. Null: it has no end of its own. */
export const passEnd = ({ page: { pass }, watch: { end } }: WatchProps): string | null =>
  end ? end.until : (pass?.until ?? null);

/**
 * Says, in its last minutes, that a pass ends and what to do. What was put off meanwhile is not said any more. It stands
 * right under the stage, where it is seen while one watches.
 */
export function PassEnds({ page, watch }: WatchProps) {
  const until = passEnd({ page, watch });
  const minutes = useLastMinutes(until, watch.end?.atMs ?? null, page.at);
  return (
    <>
      {minutes !== null && (
        <Notice title={`Your pass ends in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`}>
          <div className="pass-ends">
            <p>The picture ends with it. To stay, get another pass, or ask the team to extend yours.</p>
            <ButtonLink to={`/${page.space.slug}`}>See the passes</ButtonLink>
          </div>
        </Notice>
      )}
      {/* Read out once, and not with every minute that is left. */}
      <p className="visually-hidden" role="status">
        {minutes !== null &&
          "Your pass ends within five minutes, and the picture with it. To stay, get another pass, or ask the team to extend yours."}
      </p>
    </>
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
