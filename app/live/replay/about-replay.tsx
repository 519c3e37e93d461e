import { Chapters } from "./chapters.tsx";
import { clock, lengthInWords } from "./clock.ts";
import { keysInWords } from "./player-keys.ts";
import type { Playhead } from "./playhead.ts";

type AboutReplayProps = {
  /** Where something is missing. */
  gaps: { atMs: number; ms: number }[];
  chapters: { atMs: number; title: string }[];
  playhead: Playhead;
};

/** What is said of a replay below its picture; on a phone also below its chat, which goes along with the picture. */
export function AboutReplay({ gaps, chapters, playhead }: AboutReplayProps) {
  return (
    <>
      <Gaps gaps={gaps} />
      <Chapters chapters={chapters} playhead={playhead} />
      <Keys />
    </>
  );
}

function Gaps({ gaps }: Pick<AboutReplayProps, "gaps">) {
  if (gaps.length === 0) return null;
  return (
    <div className="small">
      <p>Parts of this stream could not be recorded:</p>
      <ul>
        {gaps.map(({ atMs, ms }) => (
          <li key={atMs}>
            at {clock(atMs)}, {lengthInWords(ms)} are missing
          </li>
        ))}
      </ul>
    </div>
  );
}

function Keys() {
  return (
    <details className="replay-keys small">
      <summary>Keys for the player</summary>
      <dl>
        {keysInWords.map(([keys, meaning]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
