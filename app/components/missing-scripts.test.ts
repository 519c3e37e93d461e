import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { standInForScripts } from "./missing-scripts.ts";

/** A document that has been read, with the script in its head, and nothing else in it. */
function openPage() {
  const attributes = new Map<string, string>();
  const documentElement = {
    hasAttribute: (name: string) => attributes.has(name),
    setAttribute: (name: string, value: string) => attributes.set(name, value),
  };
  const document = Object.assign(new EventTarget(), {
    ...{ documentElement, readyState: "complete" },
    querySelectorAll: () => [],
  });
  const window = new EventTarget();
  const addEventListener = window.addEventListener.bind(window);
  runInNewContext(standInForScripts, { ...{ window, document, addEventListener }, Event, setTimeout });
  return {
    stands: () => attributes.get("data-scripts") === "missing",
    /** A promise of the page was rejected, and nobody has said what then. */
    reject: (reason: unknown) =>
      window.dispatchEvent(Object.assign(new Event("unhandledrejection"), { reason })),
    /** An element of the page could not be loaded. */
    fail: (element: { type?: string }) =>
      window.dispatchEvent(Object.defineProperty(new Event("error"), "target", { value: element })),
  };
}

describe("a page with scripts", () => {
  it.each([
    "Failed to fetch dynamically imported module: https://example.com/assets/entry.client-1a2b.js",
    "error loading dynamically imported module: https://example.com/assets/entry.client-1a2b.js",
    "Importing a module script failed.",
  ])("stands without them when an import fails: %s", (words) => {
    const page = openPage();
    page.reject(new TypeError(words));
    expect(page.stands()).toBe(true);
  });

  it("stands without them when a module fails, and not when another element does", () => {
    const page = openPage();
    page.fail({ type: "image/jpeg" });
    page.fail({});
    expect(page.stands()).toBe(false);
    page.fail({ type: "module" });
    expect(page.stands()).toBe(true);
  });

  it("does not because something else went wrong in one of them", () => {
    const page = openPage();
    for (const reason of [
      new TypeError("Failed to fetch"),
      new TypeError("Load failed"),
      new DOMException("The play() request was interrupted by a new load request", "AbortError"),
      new Error("no ticket (503)"),
      ...[undefined, null, "module", { module: true }],
    ])
      page.reject(reason);
    expect(page.stands()).toBe(false);
  });
});
