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

type TwoProps = Props & {
  aside: ReactNode;
  label?: string;
  /** Comes first, then the aside, where there is no room beside each other. */
  head?: ReactNode;
};

/** Inside a page: what it is about, and beside it (below it where there is no room) what goes with that. */
export function Two({ children, aside, label, head }: TwoProps) {
  const beside = (
    <aside className="stack" data-gap="large" aria-label={label}>
      {aside}
    </aside>
  );
  return (
    <div className="two">
      {head && <div className="two-head">{head}</div>}
      {head && beside}
      <div className="stack" data-gap="large">
        {children}
      </div>
      {!head && beside}
    </div>
  );
}

/**
 * A page from edge to edge with a stage and, when there is one, a column beside it (the chat), which comes right under the
 * stage where there is no room beside it.
 */
export function Watch({ stage, children, side }: Props & { stage?: ReactNode; side?: ReactNode }) {
  if (!side)
    return (
      <div className="watch">
        <div className="watch-main">
          {stage}
          {children}
        </div>
      </div>
    );
  return (
    <div className="watch" data-side="">
      <div className="watch-main">{stage}</div>
      <div className="watch-side">{side}</div>
      <div className="watch-main">{children}</div>
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
