import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { createLiveKit, type RoomRole } from "./livekit.ts";

const livekit = createLiveKit({
  url: "http://127.0.0.1:9",
  publicUrl: "ws://127.0.0.1:9",
  apiKey: "key",
  apiSecret: "a-secret-of-the-tests-only-and-long-enough",
  webhookKey: "hook",
  webhookSecret: "another-secret-of-the-tests-only",
  egressUrl: "http://127.0.0.1:9",
  egressMetricsUrl: undefined,
});

async function mint(role: RoomRole) {
  const token = await livekit.mintToken({ streamId: "0199-stream", identity: `${role[0]}_opaque`, role });
  const { exp = 0, nbf = 0, iat, ...claims } = decodeJwt(token);
  void iat;
  return { seconds: exp - nbf, claims };
}

describe("tokens", () => {
  it("let a viewer only subscribe, in one room (F34)", async () => {
    const { seconds, claims } = await mint("viewer");
    expect(seconds).toBeLessThanOrEqual(60);
    expect(claims).toMatchInlineSnapshot(`
      {
        "iss": "key",
        "sub": "v_opaque",
        "video": {
          "canPublish": false,
          "canPublishData": false,
          "canSubscribe": true,
          "canUpdateOwnMetadata": false,
          "room": "0199-stream",
          "roomJoin": true,
        },
      }
    `);
  });

  it("let a host publish camera, microphone and screen, in one room, and nothing else (F34)", async () => {
    const { seconds, claims } = await mint("host");
    expect(seconds).toBeLessThanOrEqual(60);
    expect(claims).toMatchInlineSnapshot(`
      {
        "iss": "key",
        "sub": "h_opaque",
        "video": {
          "canPublish": true,
          "canPublishData": false,
          "canPublishSources": [
            "camera",
            "microphone",
            "screen_share",
            "screen_share_audio",
          ],
          "canSubscribe": true,
          "canUpdateOwnMetadata": false,
          "room": "0199-stream",
          "roomJoin": true,
        },
      }
    `);
  });
});
