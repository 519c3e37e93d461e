import type { Egresses } from "./egresses.ts";

/** Prometheus text, with the names of the real one: what `EGRESS_METRICS_URL` is read for is the first of them. */
export function metricsText(egresses: Egresses): string {
  return [
    "# HELP livekit_egress_can_accept_request Whether a recording could start now (1) or not (0).",
    "# TYPE livekit_egress_can_accept_request gauge",
    `livekit_egress_can_accept_request ${egresses.canAccept() ? 1 : 0}`,
    "# HELP livekit_egress_available Whether nothing is recorded at all (1) or something is (0).",
    "# TYPE livekit_egress_available gauge",
    `livekit_egress_available ${egresses.running === 0 ? 1 : 0}`,
    "# HELP livekit_egress_requests Recordings that run now.",
    "# TYPE livekit_egress_requests gauge",
    `livekit_egress_requests{type="room_composite"} ${egresses.running}`,
    "",
  ].join("\n");
}
