import { Link } from "@remix-run/react";
import { Bidi } from "./bidi.tsx";

/** Where this page hangs; the page itself is its h1, and not in the list. */
export function Breadcrumbs({ items }: { items: { to: string; label: string }[] }) {
  return (
    <nav className="small" aria-label="Where you are">
      <ol className="breadcrumbs">
        {items.map(({ to, label }) => (
          <li key={to}>
            <Link to={to}>
              <Bidi>{label}</Bidi>
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}
