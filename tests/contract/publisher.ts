import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { AccessToken } from "livekit-server-sdk";

export type PublisherCommand =
  | { kind: "join"; url: string; token: string; camera: Size | null; screen: Size | null; sound: boolean }
  | { kind: "camera"; muted: boolean }
  | { kind: "screen"; size: Size | null }
  | { kind: "leave" };

export type Size = { width: number; height: number };

/** Plain luma of both pictures, to know them by: apart from a moving bar, and the flash that makes them white. */
export const CAMERA_LUMA = 90;
export const SCREEN_LUMA = 160;
export const FLASH_LUMA = 235;
/** The flash, and the beep of 1 kHz, last this long. */
export const FLASH_MS = 100;
/** When they are in each three seconds of the wall clock, in ms: of a rhythm that tells one from the next. */
export const FLASHES_AT = [0, 1000, 2400];

/**
 * A host made of nothing: publishes a camera, a screen and a microphone into a room, from a process of its own. At
 * `FLASHES_AT` both pictures flash and the microphone beeps, at the same instant.
 */
export async function startPublisher({
  url,
  apiKey,
  apiSecret,
  room,
  identity = "host",
  camera = { width: 320, height: 180 },
  screen = null,
  sound = true,
}: {
  url: string;
  apiKey: string;
  apiSecret: string;
  room: string;
  identity?: string;
  camera?: Size | null;
  screen?: Size | null;
  sound?: boolean;
}) {
  const access = new AccessToken(apiKey, apiSecret, { identity, ttl: 3600 });
  access.addGrant({ room, roomJoin: true, canPublish: true, canSubscribe: false });
  const token = await access.toJwt();
  const child = fork(fileURLToPath(new URL("./publisher-process.ts", import.meta.url)), [], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [],
    // Otherwise rtc-node logs each of its steps.
    env: { ...process.env, NODE_ENV: "production" },
  });
  const ask = (command: PublisherCommand) => answered(child, command);
  await ask({ kind: "join", url: url.replace(/^http/, "ws"), token, camera, screen, sound });

  return {
    pid: child.pid!,
    muteCamera: (muted: boolean) => ask({ kind: "camera", muted }),
    /** Begins to share a screen of this size, or stops. */
    shareScreen: (size: Size | null) => ask({ kind: "screen", size }),
    /** Leaves the room properly. */
    async leave() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((done) => child.once("exit", done));
      await ask({ kind: "leave" });
      await gone;
    },
    /** Is gone without a word, as a browser that is killed. */
    kill: () => child.kill("SIGKILL"),
  };
}

function answered(child: ChildProcess, command: PublisherCommand): Promise<void> {
  return new Promise((done, fail) => {
    const heard = (message: { error?: string }) => {
      child.off("exit", left);
      if (message.error) fail(new Error(message.error));
      else done();
    };
    const left = () => fail(new Error("the publisher's process has ended"));
    child.once("message", heard);
    child.once("exit", left);
    child.send(command);
  });
}
