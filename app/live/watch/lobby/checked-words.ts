import type { PageConnection } from "../../page-messages.ts";

/**
 * What a look at browser and line has found. `delayed`: `browser` knows no WebRTC, `blocked`: it gets no address to
 * connect from, `line`: our signalling cannot be reached. `none`: it knows no HLS either.
 */
export type Checked =
  { way: "direct" } | { way: "delayed"; why: "browser" | "blocked" | "line" } | { way: "none" };

/** The same in words. `connection`: this page's own line, without which nothing at all comes by itself. */
export function checkedWords(checked: Checked, connection: PageConnection): string {
  if (connection !== "open" && connection !== "connecting")
    return "This page is cut off from us at the moment. It comes back by itself; check again then.";
  if (checked.way === "none")
    return "This browser can show neither the direct picture nor the delayed one. Try another browser, or a newer one.";
  if (checked.way === "direct")
    return "Ready: this browser can connect to the picture directly. Should your network still block it, or the room be full, it comes with a delay of some 10 seconds by itself, where the stream is recorded.";
  return `${whyDelayed[checked.why]} You will see the stream with a delay of some 10 seconds, where it is recorded.`;
}

const whyDelayed = {
  browser: "This browser cannot connect to the picture directly.",
  blocked: "Something in this browser or its settings blocks the direct picture (WebRTC).",
  line: "The way to the direct picture cannot be reached from your network right now.",
};
