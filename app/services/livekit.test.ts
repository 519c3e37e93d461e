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

describe("while keys are rotated", () => {
  const config = {
    ...{
      url: "http://127.0.0.1:9",
      publicUrl: null,
      egressUrl: "http://127.0.0.1:9",
      egressMetricsUrl: undefined,
    },
    ...{ apiKey: "old", apiSecret: "an-old-secret-of-the-tests-only-and-long" },
    ...{ webhookKey: "hook", webhookSecret: "another-secret-of-the-tests-only" },
  };
  const both = {
    ...config,
    apiKey: "new,old",
    apiSecret: `a-new-secret-of-the-tests-only-and-long, ${config.apiSecret}`,
    webhookKey: "hook-2,hook",
    webhookSecret: `the-second-secret-of-the-webhooks,${config.webhookSecret}`,
  };
  const streamId = "0199-stream";
  const mintFor = (of: Parameters<typeof createLiveKit>[0]) =>
    createLiveKit(of).mintToken({ streamId, identity: "v_opaque", role: "viewer" });

  it("tokens are signed with the first pair, and taken from each, also from LiveKit's own of each webhook pair", async () => {
    const rotating = createLiveKit(both);
    expect(decodeJwt(await mintFor(both)).iss).toBe("new");
    const refreshed = { ...config, apiKey: config.webhookKey, apiSecret: config.webhookSecret };
    for (const token of [await mintFor(both), await mintFor(config), await mintFor(refreshed)])
      expect(await rotating.readToken(token)).toEqual({ streamId, identity: "v_opaque" });
  });

  it("a pair that is gone is worth nothing, and no secret stands for another key", async () => {
    const after = createLiveKit({ ...both, apiKey: "new", apiSecret: both.apiSecret.split(",")[0]! });
    expect(await after.readToken(await mintFor(config))).toBeUndefined();
    const mixed = { ...config, apiKey: "new" };
    expect(await createLiveKit(both).readToken(await mintFor(mixed))).toBeUndefined();
  });
});
