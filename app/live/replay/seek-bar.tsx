import {
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { clock } from "./clock.ts";
import type { Playhead } from "./playhead.ts";
import { createSpriteReader, sheetAddress, type Sprite, type SpriteOf, tileAt } from "./sprite.ts";

type SeekBarProps = {
  playhead: Playhead;
  durationMs: number;
  /** The recording's address, and the edit that plays. */
  of: SpriteOf;
};

/** Half of the thumb's width: so far from its ends a range's first and last value lie. */
const insetPx = 9;
const stepMs = 5_000;

/** Where a replay is, and the way to any moment of it. What is there shows before one goes: by mouse, finger and keys. */
export function SeekBar({ playhead, durationMs, of }: SeekBarProps) {
  const ms = useSyncExternalStore(playhead.subscribe, playhead.ms, playhead.ms);
  const bar = useRef<HTMLInputElement>(null);
  const [looked, setLooked] = useState<number | null>(null);
  const [focused, setFocused] = useState(false);
  const preview = looked ?? (focused ? ms : null);

  const look = ({ clientX }: PointerEvent) => {
    const { left, width } = bar.current!.getBoundingClientRect();
    const share = (clientX - left - insetPx) / Math.max(1, width - 2 * insetPx);
    setLooked(Math.min(1, Math.max(0, share)) * durationMs);
  };
  const unlook = () => setLooked(null);
  const seekBy = (event: KeyboardEvent) => {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    unlook();
    playhead.seek(Math.min(durationMs, Math.max(0, ms + direction * stepMs)));
  };
  return (
    <div className="seek">
      {preview !== null && durationMs > 0 && <Preview ms={preview} share={preview / durationMs} of={of} />}
      <input
        ref={bar}
        type="range"
        aria-label="Place in the recording"
        aria-valuetext={`${clock(ms)} of ${clock(durationMs)}`}
        min={0}
        max={Math.max(1, durationMs)}
        step={1000}
        value={Math.min(ms, durationMs)}
        onChange={(event) => {
          const to = Number(event.target.value);
          if (looked !== null) setLooked(to);
          playhead.seek(to);
        }}
        onKeyDown={seekBy}
        onPointerEnter={look}
        onPointerDown={look}
        onPointerMove={look}
        onPointerLeave={unlook}
        onPointerCancel={unlook}
        onPointerUp={({ pointerType }) => void (pointerType !== "mouse" && unlook())}
        onFocus={({ target }) => setFocused(target.matches(":focus-visible"))}
        onBlur={() => setFocused(false)}
      />
    </div>
  );
}

/** Above the bar, as far along as the moment is, and never out of the player. Whoever cannot see it hears the bar. */
function Preview({ ms, share, of }: { ms: number; share: number; of: SpriteOf }) {
  const sprite = useSprite(of);
  const tile = sprite && tileAt(sprite, ms);
  return (
    <div className="seek-preview" aria-hidden="true" ref={(element) => placed(element, share)}>
      {sprite && tile && (
        <div
          className="seek-tile"
          data-sheet={tile.sheet}
          style={{
            inlineSize: sprite.width,
            blockSize: sprite.height,
            backgroundImage: `url("${sheetAddress(of, tile.sheet)}")`,
            backgroundPosition: `${-tile.left}px ${-tile.top}px`,
          }}
        />
      )}
      <span className="num">{clock(ms)}</span>
    </div>
  );
}

const placed = (element: HTMLElement | null, share: number) => element?.style.setProperty("--at", `${share}`);

function useSprite(of: SpriteOf): Sprite | null {
  const [sprite, setSprite] = useState<Sprite | null>(null);
  const reader = readerOf(of);
  useEffect(() => {
    let over = false;
    void reader().then((found) => over || setSprite(found));
    return () => void (over = true);
  }, [reader]);
  return sprite;
}

/** One for each edit of a recording: a preview comes and goes. */
const readers = new Map<string, ReturnType<typeof createSpriteReader>>();
function readerOf(of: SpriteOf) {
  const key = `${of.base} ${of.edit}`;
  const reader = readers.get(key) ?? createSpriteReader(of);
  readers.set(key, reader);
  return reader;
}
