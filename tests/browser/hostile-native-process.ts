import { setTimeout as pause } from "node:timers/promises";
import { type RemoteTrack, Room, RoomEvent, TrackKind, VideoStream } from "@livekit/rtc-node";
import type { NativeAnswer, NativeAsk } from "./hostile-native.ts";

async function join({ url, token, seconds }: NativeAsk): Promise<NativeAnswer> {
  const room = new Room();
  let frames = 0;
  room.on(RoomEvent.TrackSubscribed, (track: RemoteTrack) => {
    if (track.kind === TrackKind.KIND_VIDEO) void count(track);
  });
  async function count(track: RemoteTrack) {
    const pictures = new VideoStream(track).getReader();
    while (!(await pictures.read()).done) frames += 1;
  }
  try {
    await room.connect(url, token, { autoSubscribe: true, dynacast: false });
  } catch (error) {
    return { joined: false, frames: 0, tokens: [], connected: false, said: (error as Error).message };
  }
  await pause(seconds * 1000);
  const tokens = room.token ? [room.token] : [];
  const connected = room.isConnected;
  await room.disconnect();
  return { joined: true, frames, tokens, connected, said: "" };
}

process.on("disconnect", () => process.exit(0));
process.on("message", (ask: NativeAsk) => void join(ask).then((answer) => process.send!(answer)));
