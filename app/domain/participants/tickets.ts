import { type AccessReason, findAccess, mayJoinRoom } from "#app/domain/access/decision.ts";
import type { LiveKit } from "#app/services/livekit.ts";
import type { Db } from "#db/client.ts";
import type { StreamStatus } from "#db/types.ts";
import { claimViewerIdentity, type ViewerTab } from "./participants.ts";

export type Ticket =
  | { ok: true; url: string; token: string; identity: string }
  | { ok: false; reason: "no_access"; access: AccessReason }
  | { ok: false; reason: "not_live"; status: StreamStatus };

/**
 * What a viewer's tab joins the live room with: a token for this one room, to be used within a minute, which only
 * subscribes. Made after the decision; refuses who has no access, and everybody while there is nothing live to see.
 * Undefined when there is no such stream.
 */
export async function mintViewerTicket(
  db: Db,
  livekit: Pick<LiveKit, "publicUrl" | "mintToken">,
  { streamId, userId, sessionId, tab }: ViewerTab,
): Promise<Ticket | undefined> {
  const access = await findAccess(db, { streamId, userId });
  if (!access) return undefined;
  if (!access.mayWatch) return { ok: false, reason: "no_access", access: access.reason };
  if (!mayJoinRoom(access)) {
    const status = access.status === "rehearsal" ? "scheduled" : access.status;
    return { ok: false, reason: "not_live", status };
  }
  const identity = await claimViewerIdentity(db, { streamId, userId, sessionId, tab });
  const token = await livekit.mintToken({ streamId, identity, role: "viewer" });
  return { ok: true, url: livekit.publicUrl, token, identity };
}
