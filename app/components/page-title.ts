import { failureTitle } from "./failure.tsx";

/** For a route's `meta`, which is asked after a failure too: `({ data, error }) => pageTitle(data?.title, error)`. */
export function pageTitle(title: string | undefined, error?: unknown) {
  const said = error === undefined || error === null ? title : failureTitle(error);
  return [{ title: said ? `${said} · Frontrow` : "Frontrow" }];
}
