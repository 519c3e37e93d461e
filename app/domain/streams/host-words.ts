import type { HostRefusal } from "./broadcast.ts";
import type { HostToken } from "./host-participants.ts";

type Refused = HostRefusal | Extract<HostToken, { ok: false }>;

/** A refusal to a host, with the status of the answer and a sentence that says what happened and what to do. */
export function hostRefusalWords(refused: Refused): { status: number; reason: string; message: string } {
  const { reason } = refused;
  switch (reason) {
    case "not_found":
      return { status: 404, reason, message: "There is no such stream of yours." };
    case "not_host":
      return {
        status: 403,
        reason,
        message: "Only hosts of this space can broadcast. Ask an owner to make you a host.",
      };
    case "over":
      return { status: 409, reason, message: "This stream is over. Reload the page to see how it stands." };
    case "not_open":
      return {
        status: 409,
        reason,
        message: "The stream is not running any more. Reload the page to see how it stands.",
      };
    case "unreachable":
      return {
        status: 503,
        reason,
        message: "The video server could not be reached. Nothing was changed: wait a moment and press again.",
      };
    case "elsewhere": {
      const who = refused.holder?.name ?? "Somebody of your team";
      return {
        status: 409,
        reason,
        message: `${who} is live here: take over if you want to broadcast instead.`,
      };
    }
  }
}
