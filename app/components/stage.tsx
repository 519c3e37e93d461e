import type { ReactNode, Ref } from "react";

type StageProps = {
  /** A `<video>`; the screen is large and the camera in its corner, or the camera alone is large. */
  screen?: ReactNode;
  camera?: ReactNode;
  /** Words on the stage where there is no picture, or over it ("The host is reconnecting"). */
  children?: ReactNode;
  /** Below the picture, never over it: `PlayerBar`. */
  controls?: ReactNode;
  /** A stage before the show has the colours of the page. */
  lit?: boolean;
  /** Without scripts another one stands in its place. */
  needsScript?: boolean;
  /** The element to show in full screen: the picture with its controls. */
  frame?: Ref<HTMLDivElement>;
};

/** 16:9, whatever is on it. */
export function Stage({
  screen,
  camera,
  children,
  controls,
  lit = false,
  needsScript = false,
  frame,
}: StageProps) {
  return (
    <div
      className="stage"
      data-lit={lit || undefined}
      data-lights={lit ? undefined : "down"}
      data-needs-script={needsScript ? "" : undefined}
      ref={frame}
    >
      <div className="stage-box">
        {screen && (
          <div key="screen" className="stage-picture" data-place="large">
            {screen}
          </div>
        )}
        {camera && (
          <div key="camera" className="stage-picture" data-place={screen ? "corner" : "large"}>
            {camera}
          </div>
        )}
        {children && (
          <div key="words" className="stage-words" data-over={screen || camera ? "" : undefined}>
            {children}
          </div>
        )}
      </div>
      {controls}
    </div>
  );
}

/** The studio's row of buttons. */
export function Rack({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="rack" role="group" aria-label={label}>
      {children}
    </div>
  );
}

/** The controls of a player: goes into a `Stage`. */
export function PlayerBar({ children }: { children: ReactNode }) {
  return (
    <div className="player-bar" role="group" aria-label="Player">
      {children}
    </div>
  );
}
