import { Form, Link, NavLink, useLocation } from "@remix-run/react";
import { Bidi } from "./bidi.tsx";
import { Button, ButtonLink } from "./button.tsx";
import { Mark } from "./mark.tsx";

type Person = { email: string; name: string };

const ofViewers = [
  { to: "/account/experiences", label: "Watch" },
  { to: "/account/streams", label: "Host" },
];

const ofCreators = [
  { to: "/account/streams", label: "Streams" },
  { to: "/account/passes", label: "Passes" },
  { to: "/account/members", label: "Members" },
  { to: "/account/space", label: "Space" },
];

const hosting = /^\/account\/(streams|passes|members|space)(\/|$)/;

/** The bar on top of every page; `viewer` is undefined where it is not known, on a page about a failure. */
export function Bar({ viewer }: { viewer: Person | null | undefined }) {
  const { pathname, search } = useLocation();
  const links = hosting.test(pathname) ? ofCreators : ofViewers;
  return (
    <header className="bar">
      <Link className="bar-mark" to="/">
        <Mark />
        Frontrow
      </Link>
      {viewer && (
        <nav className="bar-links" aria-label="Main">
          {links.map(({ to, label }) => (
            <NavLink key={to} to={to}>
              {label}
            </NavLink>
          ))}
        </nav>
      )}
      {viewer && (
        <div className="bar-person">
          {links === ofCreators && <Link to="/account/experiences">Watch</Link>}
          <NavLink className="bar-email" to="/account" end>
            <Bidi>{viewer.email}</Bidi>
          </NavLink>
          <Form method="post" action="/sign-out">
            <Button kind="quiet">Sign out</Button>
          </Form>
        </div>
      )}
      {viewer === null && !pathname.startsWith("/sign-in") && (
        <div className="bar-person">
          <ButtonLink to={`/sign-in?to=${encodeURIComponent(pathname + search)}`}>Sign in</ButtonLink>
        </div>
      )}
    </header>
  );
}
