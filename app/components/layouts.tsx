import type { ReactNode } from "react";

type Props = { children: ReactNode };

/** Most pages: as wide as a programme, 1180 px. */
export function Page({ children }: Props) {
  return <div className="page">{children}</div>;
}

/** Forms and texts: 760 px. */
export function Narrow({ children }: Props) {
  return (
    <div className="page" data-width="narrow">
      {children}
    </div>
  );
}

/** Inside a page: what it is about, and beside it (below it where there is no room) what goes with that. */
export function Two({ children, aside, label }: Props & { aside: ReactNode; label?: string }) {
  return (
    <div className="two">
      <div className="stack" data-gap="large">
        {children}
      </div>
      <aside className="stack" data-gap="large" aria-label={label}>
        {aside}
      </aside>
    </div>
  );
}

/** A page from edge to edge with a stage and, when there is one, a column beside it (the chat). */
export function Watch({ children, side }: Props & { side?: ReactNode }) {
  return (
    <div className="watch" data-side={side ? "" : undefined}>
      <div className="watch-main">{children}</div>
      {side && <div className="watch-side">{side}</div>}
    </div>
  );
}

/** The studio: the stage and its rack, and beside them what the host keeps an eye on. */
export function Desk({ children, side }: Props & { side: ReactNode }) {
  return (
    <div className="desk">
      <div className="stack">{children}</div>
      <div className="stack">{side}</div>
    </div>
  );
}
