import type { Response } from "express";

const sentences: Record<number, string> = {
  400: "That was not a place in a recording.",
  401: "Sign in to watch this.",
  403: "You may not watch this right now.",
  404: "There is nothing here.",
  409: "Your pass is watched on other devices. Load the stream's page to choose.",
  429: "That is more at once than anybody watches. Wait a little, then try again.",
  503: "This cannot be read right now. Try again in some seconds.",
};

/** Answers a request for media with a sentence; `reason` is the decision's, for scripts. */
export function refuse(response: Response, status: number, reason?: string): void {
  const sentence = reason === "not_host" ? "Only hosts of the stream can have this." : sentences[status];
  if (reason) response.set("X-Reason", reason);
  response
    .set("Cache-Control", "private, no-store")
    .status(status)
    .type("text/plain")
    .end(`${sentence ?? "That did not work."}\n`);
}
