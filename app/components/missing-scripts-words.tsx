import { useLocation } from "@remix-run/react";

/** Seen only while the page stands without its scripts (`standInForScripts`). */
export function MissingScriptsWords() {
  const { pathname, search } = useLocation();
  return (
    <p className="scripts-missing small" role="status">
      Some of this page has not arrived. It works without that, and takes it when it comes;{" "}
      <a href={pathname + search}>load all of it again</a>.
    </p>
  );
}
