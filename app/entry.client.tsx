import { RemixBrowser } from "@remix-run/react";
import { startTransition } from "react";
import { hydrateRoot } from "react-dom/client";
import { PageRequest } from "./components/page-request.ts";

startTransition(() => {
  hydrateRoot(
    document,
    <PageRequest.Provider value={{ nonce: "", id: document.documentElement.dataset.request ?? "" }}>
      <RemixBrowser />
    </PageRequest.Provider>,
  );
});
