import { SignalResponse } from "@livekit/protocol";
import { AudioFrame, AudioSource, LocalAudioTrack, Room, TrackPublishOptions } from "@livekit/rtc-node";
import { decodeJwt } from "jose";
import { WebSocket } from "ws";
import { insertStream, signIn } from "#tests/factories.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise, publishers } from "./studio-tools.ts";

export const name = "F34";
export const title =
  "A viewer's token is used at LiveKit itself: to publish, send, rename, list and rule rooms, and in another room";

export const run: Fault["run"] = async (tools) => {
  const { db, env, web } = tools;
  const air = await goOnAir(tools);
  try {
    const token = await tokenOfViewer(tools, air);
    const { video } = decodeJwt<{ video: Record<string, unknown> }>(token);
    const url = (env.LIVEKIT_URL ?? "").replace(/^ws/, "http");
    const other = await insertStream(db, {
      experienceId: air.experience.id,
      createdBy: air.people.owner.id,
      status: "live",
    });
    const room = air.stream.id;
    const before = await publishers(tools, room);
    const calls: Record<string, object> = {
      "RoomService/ListRooms": {},
      "RoomService/ListParticipants": { room },
      "RoomService/RemoveParticipant": { room, identity: before[0] },
      "RoomService/DeleteRoom": { room },
      "RoomService/CreateRoom": { name: other.id },
      "RoomService/SendData": { room, data: "aGVsbG8=", kind: 0 },
      "RoomService/UpdateParticipant": { room, identity: before[0], metadata: "mine" },
      "Egress/ListEgress": {},
    };
    const statuses: Record<string, number> = {};
    for (const [method, body] of Object.entries(calls)) {
      const answer = await fetch(`${url}/twirp/livekit.${method}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      statuses[method] = answer.status;
      promise(answer.status === 401 || answer.status === 403, `${method} is refused (${answer.status})`);
    }
    const client = new Room();
    await client.connect(env.LIVEKIT_URL ?? "", token, { autoSubscribe: false, dynacast: false });
    const source = new AudioSource(48_000, 1);
    const track = LocalAudioTrack.createAudioTrack("mine", source);
    const published = await Promise.race([
      client.localParticipant!.publishTrack(track, new TrackPublishOptions()).then(
        () => "published",
        () => "refused",
      ),
      new Promise<string>((resolve) => setTimeout(() => resolve("no answer"), 8_000)),
    ]);
    void source.captureFrame(new AudioFrame(new Int16Array(480), 48_000, 1, 480)).catch(() => {});
    promise(published !== "published", "publishing is refused");
    await client.localParticipant!.updateMetadata("mine").catch(() => {});
    await client.disconnect();
    promise(
      JSON.stringify(await publishers(tools, room)) === JSON.stringify(before),
      "the same publishes as before, and nobody else",
    );
    // The room stands in the token itself; the gate asks for the identity's own, too.
    const { cookie } = await signIn(db, air.people.viewer.id);
    const elsewhere = await fetch(`${web.url}/rtc/validate?access_token=${token}`, {
      headers: { cookie, "sec-fetch-site": "same-origin" },
    });
    promise(
      elsewhere.status === 403,
      `in another browser of theirs the token opens nothing (${elsewhere.status})`,
    );
    return {
      did: `took the token that LiveKit gives a viewer (grants ${JSON.stringify({ ...video, room: "…" })}) to LiveKit's own port`,
      saw: `${Object.entries(statuses)
        .map(([method, status]) => `${method} ${status}`)
        .join(", ")}; publishing: ${published}; another browser: ${elsewhere.status}`,
    };
  } finally {
    await air.close();
  }
};

/** What LiveKit hands a viewer who is in the room: the gate itself never gives one. */
async function tokenOfViewer(
  { db, web }: Parameters<Fault["run"]>[0],
  air: Awaited<ReturnType<typeof goOnAir>>,
): Promise<string> {
  const { cookie } = await signIn(db, air.people.viewer.id);
  const headers = { cookie, origin: web.url };
  const answer = await fetch(`${web.url}${air.path}/ticket`, {
    method: "POST",
    headers,
    body: new URLSearchParams({ tab: "tab-of-a-fault" }),
  });
  const ticket = (await answer.json()) as { token: string };
  const address = `${web.url.replace("http", "ws")}/rtc?access_token=${ticket.token}&protocol=15&sdk=js`;
  const socket = new WebSocket(address, { headers });
  try {
    return await new Promise<string>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("message", (bytes: Buffer) => {
        const { message } = SignalResponse.fromBinary(bytes);
        if (message.case === "refreshToken") resolve(message.value);
      });
    });
  } finally {
    socket.close();
  }
}
