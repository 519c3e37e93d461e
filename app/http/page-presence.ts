import type { AppLoadContext } from "@remix-run/node";
import type { AccessDecision } from "#app/domain/access/decision.ts";
import { pageTab, touchPresence } from "#app/domain/presence/presence.ts";

/** Counts a page without scripts. Nobody waits for it: a page that could not be counted is still a page. */
export function countPage(
  { db, log, requestId }: AppLoadContext,
  { streamId, userId, role }: { streamId: string; userId: string; role: AccessDecision["role"] },
): void {
  const seen = { streamId, userId, tab: pageTab, audience: role === "viewer", agoMs: 0 };
  touchPresence(db, [seen]).catch((error: unknown) =>
    log.warn({ err: error, requestId }, "page was not counted"),
  );
}
