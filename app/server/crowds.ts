import type { NextFunction, Request, Response } from "express";
import type { Services } from "#app/context.ts";
import { countTurn, type TurnKind } from "#app/http/turns.ts";

/**
 * Has a network address that asks without end wait: 429 with `Retry-After`, in the words of `refuse`. The log has a line
 * about the first one only. Reading costs a turn only where `counts` says so.
 */
export function refuseCrowds(
  { log }: Pick<Services, "log">,
  kind: Extract<TurnKind, `${string}.network`>,
  refuse: (response: Response) => void,
  counts: (request: Request) => boolean = () => true,
) {
  return async (request: Request, response: Response, next: NextFunction) => {
    const network = request.ip ?? "";
    const crowded = counts(request) ? await countTurn(kind, network) : undefined;
    if (!crowded) return next();
    if (crowded.first) log.warn({ event: "network.limit", kind, network }, "a network asks too often");
    response.set("Retry-After", String(crowded.waitSeconds));
    refuse(response);
  };
}
