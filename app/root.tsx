import archivo from "@fontsource-variable/archivo/files/archivo-latin-wdth-normal.woff2?url";
import type { LinksFunction, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import {
  Links,
  Meta,
  Outlet,
  Scripts,
  ScrollRestoration,
  useLocation,
  useMatches,
  useNavigation,
  useRouteLoaderData,
} from "@remix-run/react";
import { Fragment, isValidElement, type ReactNode, useEffect, useRef } from "react";
import { StructuredData } from "./components/announced.tsx";
import { Bar } from "./components/bar.tsx";
import { FailureBoundary } from "./components/failure.tsx";
import { standInForScripts } from "./components/missing-scripts.ts";
import { MissingScriptsWords } from "./components/missing-scripts-words.tsx";
import { usePageRequest } from "./components/page-request.ts";
import { pageTitle } from "./components/page-title.ts";
import { RefreshWithoutScript } from "./components/refresh-without-script.tsx";
import { rememberTimeZone } from "./components/time-zone-cookie.ts";
import styles from "./styles/index.css?url";

export const links: LinksFunction = () => [
  { rel: "preload", href: archivo, as: "font", type: "font/woff2", crossOrigin: "anonymous" },
  { rel: "stylesheet", href: styles },
  { rel: "icon", href: "/favicon.svg", type: "image/svg+xml" },
];

export const meta: MetaFunction = ({ error }) => pageTitle(undefined, error);

export async function loader({ context }: LoaderFunctionArgs) {
  const viewer = await context.viewer();
  return { viewer: viewer && { email: viewer.email, name: viewer.name } };
}

/** The frame of every page, also of those about a failure, where the loader may not have answered. */
export function Layout({ children }: { children: ReactNode }) {
  const viewer = useRouteLoaderData<typeof loader>("root")?.viewer;
  const request = usePageRequest();
  const lights = useHandles("lights").includes("down") ? "down" : undefined;
  const head = useHandles("head").filter(isValidElement);
  const refresh = useHandles("refresh").find((seconds): seconds is number => typeof seconds === "number");
  const structured = useHandles("structured").filter((json): json is string => typeof json === "string");
  const frame = useHandles("frame").find((label): label is string => typeof label === "string");
  return (
    <html lang="en" data-lights={lights} data-request={request.id || undefined}>
      <head>
        <meta charSet="utf-8" />
        {head.map((element, index) => (
          <Fragment key={index}>{element}</Fragment>
        ))}
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={lights === "down" ? "dark" : "light dark"} />
        {refresh !== undefined && !frame && <RefreshWithoutScript seconds={refresh} />}
        {refresh !== undefined && frame && <meta httpEquiv="refresh" content={String(refresh)} />}
        {/* Before the styles, because a script behind them waits for them. */}
        <script
          nonce={request.nonce}
          suppressHydrationWarning
          dangerouslySetInnerHTML={{ __html: rememberTimeZone }}
        />
        {!frame && (
          <script
            nonce={request.nonce}
            suppressHydrationWarning
            dangerouslySetInnerHTML={{ __html: standInForScripts }}
          />
        )}
        <Meta />
        <Links />
        {structured.map((json) => (
          <StructuredData key={json} json={json} />
        ))}
      </head>
      {frame ? (
        <body data-frame="">
          <main id="content" aria-label={frame}>
            {children}
          </main>
        </body>
      ) : (
        <body>
          <a className="skip" href="#content">
            Skip to the content
          </a>
          <Going />
          <Bar viewer={viewer} />
          <MissingScriptsWords />
          <Content>{children}</Content>
          <footer className="foot">
            <p className="small">Frontrow, live streams for those who hold a pass.</p>
          </footer>
          <ScrollRestoration nonce={request.nonce} />
          <Scripts nonce={request.nonce} />
        </body>
      )}
    </html>
  );
}

export default function Root() {
  return <Outlet />;
}

export const ErrorBoundary = FailureBoundary;

/**
 * What the routes of this page say in their `handle`, as a value or as a function of their loader's data:
 * `lights: "down"` for the room of a live stream and the studio, and `refresh: 20` for a page that asks again by itself
 * after so many seconds where no script does it better, `head`: an element for the document's first lines, `structured`:
 * what it is about, as JSON-LD for its head, and `frame`: what a page is called that stands in another one, without our bar and without scripts.
 */
function useHandles(name: "lights" | "refresh" | "head" | "structured" | "frame"): unknown[] {
  return useMatches().map(({ handle, data }) => {
    const said = (handle as Record<string, unknown> | undefined)?.[name];
    return typeof said === "function" ? data != null && said(data) : said;
  });
}

/** After a move to another page without a reload, the keyboard and the screen reader begin at its content, as after one. */
function Content({ children }: { children: ReactNode }) {
  const { pathname, hash } = useLocation();
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    if (!hash && !main.current?.contains(document.activeElement))
      main.current?.focus({ preventScroll: true });
  }, [pathname, hash]);
  return (
    <main id="content" tabIndex={-1} ref={main}>
      {children}
    </main>
  );
}

function Going() {
  const { state } = useNavigation();
  return <div className="going" data-state={state} aria-hidden="true" />;
}
