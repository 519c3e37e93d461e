import { RemixBrowser } from "@remix-run/react";
import { startTransition } from "react";
import { hydrateRoot } from "react-dom/client";
import { endStandIn } from "./components/missing-scripts.ts";
import { PageRequest } from "./components/page-request.ts";
import { latePlaceKey } from "./live/watch/late-place-key.ts";
import { picturedKey } from "./live/watch/pictured-key.ts";

/** A live page works as a document until then, and its picture need not share the processor with React. */
const longestWaitMs = 1_000;

const pictured = (window as { [picturedKey]?: Promise<void> })[picturedKey];
if (pictured)
  await Promise.race([
    pictured.catch(() => {}),
    new Promise((resolve) => setTimeout(resolve, longestWaitMs)),
  ]);
await endStandIn();
await (window as { [latePlaceKey]?: Promise<unknown> })[latePlaceKey];
startTransition(() => {
  hydrateRoot(
    document,
    <PageRequest.Provider value={{ nonce: "", id: document.documentElement.dataset.request ?? "" }}>
      <RemixBrowser />
    </PageRequest.Provider>,
  );
});
