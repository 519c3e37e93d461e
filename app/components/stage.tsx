import type { ReactNode } from "react";

type StageProps = {
  /** A `<video>`; the screen is large and the camera in its corner, or the camera alone is large. */
  screen?: ReactNode;
  camera?: ReactNode;
  /** Words on the stage where there is no picture, or over it ("The host is reconnecting"). */
  children?: ReactNode;
  /** Along its lower edge: `PlayerBar`. */
  controls?: ReactNode;
  /** A stage before the show has the colours of the page. */
  lit?: boolean;
};

/** 16:9, whatever is on it. */
export function Stage({ screen, camera, children, controls, lit = false }: StageProps) {
  return (
    <div className="stage" data-lit={lit || undefined}>
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

/** The controls of a player, below or over its picture. */
export function PlayerBar({ children }: { children: ReactNode }) {
  return (
    <div className="player-bar" role="group" aria-label="Player">
      {children}
    </div>
  );
}
