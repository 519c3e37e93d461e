import type { MouseEvent } from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { clock } from "./clock.ts";
import type { Playhead } from "./playhead.ts";

type ChaptersProps = {
  chapters: { atMs: number; title: string }[];
  playhead: Playhead;
};

/** The chapters of a replay, each a link to its moment: with scripts the player goes there, without them the page does. */
export function Chapters({ chapters, playhead }: ChaptersProps) {
  if (chapters.length === 0) return null;
  const go = (event: MouseEvent, atMs: number) => {
    const opensElsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (opensElsewhere) return;
    event.preventDefault();
    playhead.jump(atMs);
    playhead.play();
  };
  return (
    <nav className="replay-chapters" aria-labelledby="chapters">
      <h2 id="chapters">Chapters</h2>
      <ol>
        {chapters.map(({ atMs, title }) => (
          <li key={atMs}>
            <a href={`?t=${Math.ceil(atMs / 1000)}`} onClick={(event) => go(event, atMs)}>
              <span className="num">{clock(atMs)}</span> <Bidi>{title}</Bidi>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}
