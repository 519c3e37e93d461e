import { createHash, randomUUID } from "node:crypto";
import { SignJWT } from "jose";

export type SigningPair = { key: string; secret: string };

/**
 * A webhook as LiveKit sends it: the body's bytes, and a token over them. Each claim can be changed, to see it refused;
 * `undefined` leaves one out.
 */
export async function signWebhook(
  body: string,
  { key, secret }: SigningPair,
  { ageSeconds = 0, claims = {} }: { ageSeconds?: number; claims?: Record<string, unknown> } = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000) - ageSeconds;
  const sha256 = createHash("sha256").update(body).digest("base64");
  const all = { iss: key, iat: now, nbf: now, exp: now + 300, sha256, ...claims };
  const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new SignJWT(kept).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret));
}

/** What an egress announces, as it stands on the wire. STARTING has no status there, as the real one's has none. */
export function egressEvent({
  egressId,
  roomName,
  prefix,
  status,
  event = "egress_updated",
  error,
  id = `EV_${randomUUID()}`,
}: {
  egressId: string;
  roomName: string;
  prefix: string;
  status?: "EGRESS_ACTIVE" | "EGRESS_ENDING" | "EGRESS_COMPLETE" | "EGRESS_FAILED" | "EGRESS_ABORTED";
  event?: "egress_started" | "egress_updated" | "egress_ended";
  error?: string;
  id?: string;
}) {
  return {
    event,
    id,
    createdAt: String(Math.floor(Date.now() / 1000)),
    egressInfo: {
      egressId,
      roomId: "RM_test",
      roomName,
      ...(status && { status }),
      ...(error && { error }),
      startedAt: String(BigInt(Date.now()) * 1_000_000n),
      roomComposite: {
        roomName,
        layout: "speaker",
        segmentOutputs: [
          {
            protocol: "HLS_PROTOCOL",
            filenamePrefix: `${prefix}seg`,
            playlistName: `${prefix}index.m3u8`,
            segmentDuration: 2,
            s3: { accessKey: "{access_key}", secret: "{secret}", bucket: "frontrow" },
          },
        ],
      },
    },
  };
}
