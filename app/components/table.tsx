import type { ReactNode } from "react";

type TableProps = {
  /** Says what the table lists; read out, and shown unless the page's own title says it. */
  caption: string;
  hideCaption?: boolean;
  /** `<thead>` and `<tbody>`. */
  children: ReactNode;
};

/** A real table, which scrolls inside its frame where it is wider than the page, also by keyboard. */
export function Table({ caption, hideCaption, children }: TableProps) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className="table" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption className={hideCaption ? "visually-hidden" : undefined}>{caption}</caption>
        {children}
      </table>
    </div>
  );
}
