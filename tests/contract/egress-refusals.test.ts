import { AccessToken, EgressClient, EgressStatus } from "livekit-server-sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newRoom, stored } from "./play.ts";
import { ended, type Json, openStage, type Stage, until } from "./stage.ts";

/** What the local recorder does that no course of the real one shows: what it cannot do, and how it ends itself. */
const own = !process.env.LIVEKIT_EGRESS_URL;

let stage: Stage;
beforeAll(async () => {
  if (own) stage = await openStage();
}, 60_000);
afterAll(() => stage?.close(), 60_000);

const call = async (method: string, body: Json, authorization?: string, url = stage.url) => {
  const headers = { "content-type": "application/json", ...(authorization ? { authorization } : {}) };
  const answer = await fetch(`${url}/twirp/livekit.Egress/${method}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as { code: string; msg: string } };
};

const tokenWith = async (grant: Json, secret = stage.keys.apiSecret) => {
  const token = new AccessToken(stage.keys.apiKey, secret, { ttl: 60 });
  token.addGrant(grant);
  return `Bearer ${await token.toJwt()}`;
};

test.runIf(own)("nobody records without a token that says roomRecord", async () => {
  const strangers = [
    undefined,
    "Bearer nonsense",
    await tokenWith({ roomCreate: true }),
    await tokenWith({ roomRecord: true }, "x".repeat(32)),
  ];
  for (const authorization of strangers) {
    const { status, body } = await call("ListEgress", {}, authorization);
    expect({ status, body }).toEqual({
      status: 401,
      body: { code: "unauthenticated", msg: "permissions denied" },
    });
  }
  expect((await call("ListEgress", {}, await tokenWith({ roomRecord: true }))).status).toBe(200);
});

test.runIf(own)("what the local recorder cannot do it refuses in words", async () => {
  const token = await tokenWith({ roomRecord: true });
  for (const method of ["StartWebEgress", "StartTrackEgress", "UpdateLayout", "constructor"]) {
    const { status, body } = await call(method, {}, token);
    expect([status, body.code]).toEqual([501, "unimplemented"]);
    expect(body.msg).toContain(`has no ${method}`);
  }
  const room = await newRoom(stage);
  const segmentOutputs = [{ filenamePrefix: "x/seg", s3: { bucket: "b" } }];
  for (const more of [
    { fileOutputs: [{ filepath: "a.mp4" }] },
    { audioOnly: true },
    { streamOutputs: [{ urls: ["rtmp://x"] }] },
  ]) {
    const { status, body } = await call(
      "StartRoomCompositeEgress",
      { roomName: room, segmentOutputs, ...more },
      token,
    );
    expect([status, body.code]).toEqual([501, "unimplemented"]);
    expect(body.msg).toContain(Object.keys(more)[0]);
  }
  for (const body of [
    {},
    { roomName: room },
    { roomName: room, segmentOutputs: [{ filenamePrefix: "", s3: { bucket: "b" } }] },
  ]) {
    expect((await call("StartRoomCompositeEgress", body, token)).status).toBe(400);
  }
  expect((await call("StopEgress", { egressId: "EG_unknown" }, token)).body).toEqual({
    code: "not_found",
    msg: "twirp error unknown: egress does not exist",
  });
  expect((await call("ListEgress", { egressId: "EG_unknown" }, token)).status).toBe(404);
  expect(await stage.client.listEgress({ active: true })).toEqual([]);
});

test.runIf(own)(
  "a recorder without a free place says so before and when it is asked",
  { timeout: 90_000 },
  async () => {
    const { url, client, child } = await stage.startRecorder({ RECORDER_CAPACITY: "1" });
    const canAccept = async () =>
      (await (await fetch(`${url}/metrics`)).text()).match(/^livekit_egress_can_accept_request (\d)$/m)![1];
    expect(await canAccept()).toBe("1");
    const [first, second] = await Promise.all([newRoom(stage), newRoom(stage)]);
    const { egressId } = await client.startRoomCompositeEgress(first, { segments: stage.output(first, 2) });
    expect(await canAccept()).toBe("0");
    const refused = client.startRoomCompositeEgress(second, { segments: stage.output(second, 2) });
    await expect(refused).rejects.toMatchObject({ status: 503, code: "unavailable" });
    await client.stopEgress(egressId);
    await until("there is a place again", async () => (await canAccept()) === "1");
    child.kill("SIGTERM");
    await ended(child);
  },
);

test.runIf(own)(
  "a recorder with a limit ends a recording in order when it has lasted as long, and says so",
  { timeout: 90_000 },
  async () => {
    const { client, child } = await stage.startRecorder({ RECORDER_LIMIT_SECONDS: "5" });
    const room = await newRoom(stage);
    await stage.publish(room);
    const { egressId } = await client.startRoomCompositeEgress(room, { segments: stage.output(room, 2) });
    const ended = () => stage.webhooksOf(room, "egress_ended").map(({ body }) => body.egressInfo);
    await until("it has ended", () => ended().length > 0);
    expect(ended()).toMatchObject([
      { egressId, status: "EGRESS_LIMIT_REACHED", error: "Session limit reached", errorCode: 413 },
    ]);
    const [listed] = await client.listEgress({ egressId });
    expect(listed!.status).toBe(EgressStatus.EGRESS_LIMIT_REACHED);
    await expect(client.stopEgress(egressId)).rejects.toMatchObject({ code: "failed_precondition" });
    expect(String(await stage.read(`${room}/index.m3u8`))).toContain("#EXT-X-ENDLIST");
    child.kill("SIGTERM");
  },
);

test.runIf(own)(
  "a recorder that is told to end completes its recordings first",
  { timeout: 90_000 },
  async () => {
    const { client, child } = await stage.startRecorder();
    const room = await newRoom(stage);
    await stage.publish(room);
    const { egressId } = await client.startRoomCompositeEgress(room, { segments: stage.output(room, 2) });
    await stored(stage, room, "live.m3u8");
    child.kill("SIGTERM");
    await ended(child);
    expect(child.exitCode).toBe(0);
    expect(stage.webhooksOf(room, "egress_ended").map(({ body }) => body.egressInfo.status)).toEqual([
      "EGRESS_COMPLETE",
    ]);
    expect(await stage.listKeys(room)).toContain(`${room}/${egressId}.json`);
    expect(String(await stage.read(`${room}/index.m3u8`))).toContain("#EXT-X-ENDLIST");
  },
);

test.runIf(own)(
  "a webhook that is not taken comes again, before those after it",
  { timeout: 90_000 },
  async () => {
    const { createServer } = await import("node:http");
    const heard: string[] = [];
    const receiver = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      heard.push(JSON.parse(text).event);
      response.writeHead(heard.length === 1 ? 500 : 200).end();
    }).listen(0, "127.0.0.1");
    await until("it listens", () => receiver.listening);
    const { port } = receiver.address() as { port: number };
    const { url, child } = await stage.startRecorder({ WEBHOOK_URL: `http://127.0.0.1:${port}/` });
    const client = new EgressClient(url, stage.keys.apiKey, stage.keys.apiSecret);
    const room = await newRoom(stage);
    const { egressId } = await client.startRoomCompositeEgress(room, { segments: stage.output(room, 2) });
    await client.stopEgress(egressId);
    await until("all have come", () => heard.length === 3);
    expect(heard).toEqual(["egress_started", "egress_started", "egress_ended"]);
    child.kill("SIGTERM");
    await ended(child);
    receiver.close();
  },
);
