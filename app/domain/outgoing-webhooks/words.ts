import type { WebhookDeliveryStatus } from "#db/types.ts";
import type { Endpoint } from "./endpoints.ts";

/** How an endpoint is, in a sentence. */
export function endpointStateWords({
  offReason,
  failingSince,
}: Pick<Endpoint, "offReason" | "failingSince">): string {
  if (offReason === "gone") return "Switched off: it answered that it is gone (410).";
  if (offReason === "dead") return "Switched off: it took nothing for a whole day.";
  if (offReason === "owner_left")
    return "Switched off: whose it was is no owner any more. Whoever switches it on takes it over.";
  return failingSince ? "On, but it did not take the last message." : "On";
}

const problemWords: Record<string, string> = {
  private_address: "not sent: its address is not on the public internet",
  timeout: "no answer within 10 seconds",
  unreachable: "could not be reached",
  tls: "its certificate could not be trusted",
  off: "not sent: switched off",
};

type Told = {
  status: WebhookDeliveryStatus;
  tries: number;
  lastStatus: number | null;
  lastProblem: string | null;
};

/** What became of a delivery, in a few words. */
export function deliveryWords({ status, tries, lastStatus, lastProblem }: Told): string {
  const last = lastStatus === null ? (problemWords[lastProblem ?? ""] ?? "") : `answered ${lastStatus}`;
  const said = last && ` (${last})`;
  if (status === "taken") return `Taken${said}`;
  if (status === "given_up") return `Given up${said}`;
  return tries === 0 && !last ? "On its way" : `Will be tried again${said}`;
}
