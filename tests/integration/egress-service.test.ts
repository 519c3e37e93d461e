import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createEgress } from "#app/services/egress.ts";
import { startScriptedLiveKit } from "./scripted-livekit.ts";
import { startReceiver } from "./webhook-receiver.ts";

const storage = {
  endpoint: "http://127.0.0.1:9000",
  region: "auto",
  bucket: "frontrow",
  accessKeyId: "key",
  secretAccessKey: "secret",
};
let livekit: Awaited<ReturnType<typeof startScriptedLiveKit>>;
beforeAll(async () => {
  livekit = await startScriptedLiveKit();
});
afterAll(() => livekit.close());

function egressAt({ url = livekit.url, metrics }: { url?: string; metrics?: string } = {}) {
  const pair = { apiKey: "key", apiSecret: "a-secret-of-the-api-pair-of-tests" };
  const config = { ...pair, url, publicUrl: url, egressUrl: url, egressMetricsUrl: metrics };
  return createEgress({ ...config, webhookKey: "", webhookSecret: "" }, storage);
}

it("asks for one room in segments of two seconds, into storage under the attempt's prefix", async () => {
  const egressId = await egressAt().start({ streamId: "stream-1", prefix: "recordings/stream-1/1/" });
  expect(egressId).toMatch(/^EG_/);
  expect(livekit.calls.at(-1)!.request).toMatchObject({
    roomName: "stream-1",
    segmentOutputs: [
      {
        filenamePrefix: "recordings/stream-1/1/seg",
        playlistName: "recordings/stream-1/1/index.m3u8",
        livePlaylistName: "recordings/stream-1/1/live.m3u8",
        segmentDuration: 2,
        s3: { bucket: "frontrow", endpoint: "http://127.0.0.1:9000", forcePathStyle: true },
      },
    ],
  });
});

it("tells what an egress is, in our words", async () => {
  const egress = egressAt();
  const egressId = await egress.start({ streamId: "stream-2", prefix: "recordings/stream-2/1/" });
  const row = livekit.egresses.find((each) => each.egressId === egressId)!;
  for (const [status, said] of [
    ["EGRESS_STARTING", "starting"],
    ["EGRESS_ACTIVE", "active"],
    ["EGRESS_ENDING", "ending"],
    ["EGRESS_COMPLETE", "complete"],
    ["EGRESS_FAILED", "failed"],
    ["EGRESS_ABORTED", "aborted"],
    ["EGRESS_LIMIT_REACHED", "complete"],
  ]) {
    row.status = status!;
    expect(await egress.list({ egressId })).toMatchObject([
      { egressId, streamId: "stream-2", prefix: "recordings/stream-2/1/", status: said },
    ]);
  }
  expect(await egress.list({ streamId: "stream-2" })).toHaveLength(1);
  expect(await egress.list({ egressId: "EG_nobody" })).toEqual([]);
});

it("ends one that runs, and says when there was nothing to end", async () => {
  const egress = egressAt();
  const egressId = await egress.start({ streamId: "stream-3", prefix: "recordings/stream-3/1/" });
  expect(await egress.stop(egressId)).toBe("stopping");
  expect(await egress.stop(egressId)).toBe("stopping");
  livekit.egresses.find((each) => each.egressId === egressId)!.status = "EGRESS_COMPLETE";
  expect(await egress.stop(egressId)).toBe("over");
  expect(await egress.stop("EG_nobody")).toBe("over");
});

it("says which failures leave it open whether a recorder was started", async () => {
  const start = (answer: { status: number; body: unknown }) => {
    livekit.instead.set("StartRoomCompositeEgress", () => answer);
    return egressAt().start({ streamId: "s", prefix: "p/" });
  };
  const refusal = (status: number, code: string) => ({ status, body: { code, msg: code } });
  await expect(start(refusal(404, "not_found"))).rejects.toMatchObject({
    retryable: false,
    code: "not_found",
  });
  await expect(start(refusal(429, "resource_exhausted"))).rejects.toMatchObject({ retryable: false });
  await expect(start(refusal(408, "deadline_exceeded"))).rejects.toMatchObject({ retryable: true });
  await expect(start(refusal(503, "unavailable"))).rejects.toMatchObject({ retryable: true });
  livekit.instead.clear();
  const away = egressAt({ url: "http://127.0.0.1:9" });
  await expect(away.start({ streamId: "s", prefix: "p/" })).rejects.toMatchObject({
    service: "egress",
    retryable: true,
    code: "unreachable",
  });
});

it("knows whether a recorder is free only where it can ask", async () => {
  let metrics = "";
  const server = createServer((_, response) => response.end(metrics));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  const ask = () => egressAt({ metrics: url }).canRecord();
  metrics = "# HELP x\nlivekit_egress_can_accept_request 1\n";
  expect(await ask()).toBe("yes");
  metrics = 'livekit_egress_available{node_id="a"} 1\nlivekit_egress_can_accept_request{node_id="a"} 0\n';
  expect(await ask()).toBe("no");
  metrics = "something else";
  expect(await ask()).toBe("unknown");
  await new Promise((resolve) => server.close(resolve));
  expect(await ask()).toBe("unknown");
  expect(await egressAt().canRecord()).toBe("unknown");
});

it("is not led to another address by who answers for the metrics (ASVS 15.3.2)", async () => {
  const elsewhere = await startReceiver();
  const redirecting = await startReceiver(() => 302, { location: elsewhere.url });
  expect(await egressAt({ metrics: redirecting.url }).canRecord()).toBe("unknown");
  expect([redirecting.connections(), elsewhere.connections()]).toEqual([1, 0]);
  await redirecting.close();
  await elsewhere.close();
});
