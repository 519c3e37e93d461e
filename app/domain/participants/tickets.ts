import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { type AccessReason, findAccess, grantOf, mayJoinRoom } from "#app/domain/access/decision.ts";
import { takePlace } from "#app/domain/devices/places.ts";
import { databaseNow } from "#app/services/clock.ts";
import type { LiveKit, RoomRole } from "#app/services/livekit.ts";
import type { Db } from "#db/client.ts";
import type { StreamStatus } from "#db/types.ts";
import { claimViewerIdentity, isRoomFull, type ViewerTab } from "./participants.ts";

/** What a tab joins a room with. `url` null: at the page's own origin, where the signal gate is. */
export type Ticket = { url: string | null; token: string; identity: string };

export type TicketAnswer =
  | ({ ok: true } & Ticket)
  | { ok: false; reason: "no_access"; access: AccessReason }
  | { ok: false; reason: "not_live"; status: StreamStatus }
  /** Other devices of theirs have all places of their grant. */
  | { ok: false; reason: "devices" }
  /** So many are in the room that further people watch the playlist. */
  | { ok: false; reason: "hls" };

/** Who stands behind a ticket, or behind one of LiveKit's own tokens: nothing that the decision takes for granted. */
export type TicketHolder = { streamId: string; identity: string };

export type TicketMint = Pick<LiveKit, "publicUrl" | "mintToken"> & { sessionSecrets: string[] };

/** How long a ticket can be used to join. */
const ticketSeconds = 60;
/** Tickets have a key and an audience of their own: nothing else that we or LiveKit sign passes as one (ASVS 9.2). */
const audience = "frontrow-signal-gate";

/**
 * What a viewer's tab joins the live room with: for this one room, to be used within a minute, and it only subscribes.
 * Made after the decision; refuses who has no access, everybody while there is nothing live to see, a device for
 * which there is no place, and viewers who would be more in the room than `roomCeiling` (null: there is none). Undefined
 * when there is no such stream.
 */
export async function mintViewerTicket(
  db: Db,
  mint: TicketMint & { roomCeiling: number | null },
  { streamId, userId, sessionId, tab }: ViewerTab,
): Promise<TicketAnswer | undefined> {
  const access = await findAccess(db, { streamId, userId });
  if (!access) return undefined;
  if (!access.mayWatch) return { ok: false, reason: "no_access", access: access.reason };
  if (!mayJoinRoom(access)) {
    const status = access.status === "rehearsal" ? "scheduled" : access.status;
    return { ok: false, reason: "not_live", status };
  }
  const grantId = grantOf(access);
  if (grantId && !(await takePlace(db, { grantId, sessionId, streamId })))
    return { ok: false, reason: "devices" };
  const { roomCeiling } = mint;
  if (roomCeiling !== null && access.role === "viewer") {
    const full = await isRoomFull(db, { streamId, sessionId, tab, roomCeiling });
    if (full) return { ok: false, reason: "hls" };
  }
  const identity = await claimViewerIdentity(db, { streamId, userId, sessionId, tab });
  return { ok: true, ...(await mintTicket(mint, { streamId, identity, role: "viewer" })) };
}

/**
 * A ticket for the signal gate; where browsers reach LiveKit without it (`publicUrl` given), a token of LiveKit's own.
 * Asks nothing: whoever calls it has the decision.
 */
export async function mintTicket(
  mint: TicketMint,
  { streamId, identity, role }: TicketHolder & { role: RoomRole },
): Promise<Ticket> {
  const { publicUrl, sessionSecrets } = mint;
  if (publicUrl)
    return { url: publicUrl, token: await mint.mintToken({ streamId, identity, role }), identity };
  const token = await new SignJWT({ room: streamId })
    .setProtectedHeader({ alg: "HS256" })
    .setAudience(audience)
    .setSubject(identity)
    .setIssuedAt(nowSeconds())
    .setExpirationTime(nowSeconds() + ticketSeconds)
    .sign(keyOf(sessionSecrets[0] ?? ""));
  return { url: null, token, identity };
}

/** Who holds a ticket of ours, made with any of the secrets and not past its minute; undefined otherwise. */
export async function readTicket(sessionSecrets: string[], token: string): Promise<TicketHolder | undefined> {
  for (const secret of sessionSecrets) {
    try {
      const { payload } = await jwtVerify(token, keyOf(secret), {
        algorithms: ["HS256"],
        audience,
        currentDate: new Date(databaseNow()),
        requiredClaims: ["exp", "sub", "room"],
      });
      if (typeof payload.sub !== "string" || typeof payload.room !== "string") return undefined;
      return { streamId: payload.room, identity: payload.sub };
    } catch {
      // Made with another secret, by somebody else, or too long ago.
    }
  }
  return undefined;
}

const nowSeconds = () => Math.floor(databaseNow() / 1000);

const keys = new Map<string, KeyObject>();

/** Made once: tickets are read and made by the hundred when a stream begins. */
function keyOf(secret: string): KeyObject {
  const known = keys.get(secret);
  if (known) return known;
  const key = createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", audience, 32)));
  keys.set(secret, key);
  return key;
}
