import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
} from "@livekit/rtc-node";
import { FfiRequest, livekitFfiRequest } from "@livekit/rtc-ffi-bindings";
import {
  CAMERA_LUMA,
  FLASHES_AT,
  FLASH_LUMA,
  FLASH_MS,
  type PublisherCommand,
  SCREEN_LUMA,
  type Size,
} from "./publisher.ts";

const FRAMES_PER_SECOND = 20;
const SAMPLE_RATE = 48_000;
const CHUNK = SAMPLE_RATE / 100;

const room = new Room();
const shown = new Map<string, { track: LocalVideoTrack; sid: string; stop(): void; muted: boolean }>();

let speaking: NodeJS.Timeout | undefined;

const flashesAt = (ms: number) => FLASHES_AT.some((at) => (ms - at + 3000) % 3000 < FLASH_MS);

async function show(name: "camera" | "screen", { width, height }: Size) {
  const source = new VideoSource(width, height);
  const track = LocalVideoTrack.createVideoTrack(name, source);
  const screen = name === "screen";
  const options = new TrackPublishOptions({
    source: screen ? TrackSource.SOURCE_SCREENSHARE : TrackSource.SOURCE_CAMERA,
    simulcast: !screen,
  });
  const publication = await room.localParticipant!.publishTrack(track, options);
  const data = new Uint8Array((width * height * 3) / 2);
  data.fill(128, width * height);
  // The screen is bluish and the camera reddish, so that they differ in colour as well.
  data.fill(screen ? 170 : 100, width * height, width * height * 1.25);
  data.fill(screen ? 100 : 170, width * height * 1.25);
  let number = 0;
  const draw = () => {
    if (shown.get(name)?.muted) return;
    const flash = flashesAt(Date.now());
    data.fill(flash ? FLASH_LUMA : screen ? SCREEN_LUMA : CAMERA_LUMA, 0, width * height);
    const bar = (number++ * 8) % (width - 16);
    for (let y = 0; y < height / 8; y++) data.fill(30, y * width + bar, y * width + bar + 16);
    source.captureFrame(new VideoFrame(data, width, height, VideoBufferType.I420));
  };
  const timer = setInterval(draw, 1000 / FRAMES_PER_SECOND);
  const stop = () => clearInterval(timer);
  shown.set(name, { track, sid: publication.sid!, stop, muted: false });
}

async function hide(name: string) {
  const entry = shown.get(name);
  if (!entry) return;
  entry.stop();
  shown.delete(name);
  await room.localParticipant!.unpublishTrack(entry.sid);
}

async function speak() {
  const source = new AudioSource(SAMPLE_RATE, 1, 0);
  const track = LocalAudioTrack.createAudioTrack("microphone", source);
  const options = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE });
  await room.localParticipant!.publishTrack(track, options);
  const begun = performance.now();
  let sent = 0;
  speaking = setInterval(() => {
    while (begun + sent * 10 <= performance.now()) {
      const at = performance.timeOrigin + begun + sent++ * 10;
      const samples = new Int16Array(CHUNK);
      if (flashesAt(at)) {
        for (let index = 0; index < CHUNK; index++) {
          samples[index] = 12_000 * Math.sin((2 * Math.PI * 1000 * index) / SAMPLE_RATE);
        }
      }
      void source.captureFrame(new AudioFrame(samples, SAMPLE_RATE, 1, CHUNK)).catch(() => undefined);
    }
  }, 5);
}

async function act(command: PublisherCommand) {
  switch (command.kind) {
    case "join":
      await room.connect(command.url, command.token, { autoSubscribe: false, dynacast: true });
      if (command.sound) await speak();
      if (command.camera) await show("camera", command.camera);
      if (command.screen) await show("screen", command.screen);
      return;
    case "camera": {
      const camera = shown.get("camera")!;
      camera.muted = command.muted;
      const trackHandle = camera.track.ffi_handle.handle;
      // rtc-node has no method for it; the library below it has.
      const request = { case: "localTrackMute" as const, value: { trackHandle, mute: command.muted } };
      livekitFfiRequest(new FfiRequest({ message: request }).toBinary());
      return;
    }
    case "screen":
      await (command.size ? show("screen", command.size) : hide("screen"));
      return;
    case "leave":
      clearInterval(speaking);
      for (const { stop } of shown.values()) stop();
      await room.disconnect();
  }
}

process.on("disconnect", () => process.exit(0));
process.on("message", (command: PublisherCommand) => {
  act(command)
    .then(() => process.send!({}))
    .catch((error: Error) => process.send!({ error: error.message }))
    .then(() => command.kind === "leave" && setTimeout(() => process.exit(0), 50));
});
