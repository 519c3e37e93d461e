import { Link } from "@remix-run/react";

type PagerProps = {
  /** From 1. */
  page: number;
  pages: number;
  /** The address of a page of this list. */
  to: (page: number) => string;
  label: string;
};

/** Below a long list; draws nothing for a list of one page. */
export function Pager({ page, pages, to, label }: PagerProps) {
  if (pages <= 1) return null;
  return (
    <nav className="row" aria-label={label}>
      {page > 1 && (
        <Link to={to(page - 1)} rel="prev">
          Previous page
        </Link>
      )}
      <span className="num">
        Page {page} of {pages}
      </span>
      {page < pages && (
        <Link to={to(page + 1)} rel="next">
          Next page
        </Link>
      )}
    </nav>
  );
}
