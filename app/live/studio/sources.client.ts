import { openCamera, openMicrophone, openScreen } from "./capture.client.ts";
import { deviceLost, deviceProblem } from "./device-problems.ts";
import { type DeviceChoice, readDeviceChoice, writeDeviceChoice } from "./preferences.ts";

export type SourceName = "camera" | "microphone" | "screen" | "screenAudio";
export type DeviceName = "camera" | "microphone";
/** What one may be heard or seen by. Every member has its place on the page. */
export type Source =
  | { kind: "off" }
  | { kind: "opening" }
  | { kind: "on"; track: MediaStreamTrack }
  /** A microphone that stays open, so that speaking again takes no time and no new question. */
  | { kind: "muted"; track: MediaStreamTrack }
  | { kind: "failed"; problem: string }
  /** It was there and went away; it comes back by itself when it is plugged in again. */
  | { kind: "lost"; problem: string };

export type KnownDevice = { id: string; label: string };
export type SourcesState = Record<SourceName, Source> & {
  devices: { cameras: KnownDevice[]; microphones: KnownDevice[]; speakers: KnownDevice[] };
  choice: DeviceChoice;
};
export type Sources = ReturnType<typeof createSources>;

/**
 * The host's camera, microphone and screen: one store for the green room and the broadcast, so that what was chosen and
 * seen before is what goes on air. It knows nothing of rooms.
 */
export function createSources() {
  const off: Source = { kind: "off" };
  let state: SourcesState = {
    camera: off,
    microphone: off,
    screen: off,
    screenAudio: off,
    devices: { cameras: [], microphones: [], speakers: [] },
    choice: readDeviceChoice(globalThis.localStorage),
  };
  const listeners = new Set<() => void>();
  /** Which opening is the latest: an answer that comes after the next press is let go. */
  const turns: Record<SourceName, number> = { camera: 0, microphone: 0, screen: 0, screenAudio: 0 };
  let closed = false;

  function change(next: Partial<SourcesState>) {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  }

  function letGo(name: SourceName) {
    const source = state[name];
    if (source.kind !== "on" && source.kind !== "muted") return;
    source.track.onended = null;
    source.track.stop();
  }

  async function open(name: DeviceName): Promise<void> {
    if (state[name].kind === "opening") return;
    const turn = ++turns[name];
    letGo(name);
    change({ [name]: { kind: "opening" } });
    const stale = () => closed || turn !== turns[name];
    try {
      const track = await (name === "camera" ? openCamera : openMicrophone)(state.choice[name]);
      if (stale()) return track.stop();
      track.onended = () => lose(name, track);
      change({ [name]: { kind: "on", track } });
      const id = track.getSettings().deviceId;
      remember({ ...(id && id !== "default" && { [name]: id }), [`${name}On`]: true });
    } catch (error) {
      if (stale()) return;
      change({
        [name]: { kind: "failed", problem: deviceProblem(name, error, { secure: window.isSecureContext }) },
      });
    }
    // Names of devices are told only after one was allowed.
    await readDevices();
  }

  /** By the browser or the system, never by us. */
  function lose(name: DeviceName, track: MediaStreamTrack) {
    const source = state[name];
    if ((source.kind !== "on" && source.kind !== "muted") || source.track !== track) return;
    change({ [name]: { kind: "lost", problem: deviceLost(name) } });
  }

  function close(name: DeviceName) {
    turns[name]++;
    letGo(name);
    change({ [name]: off });
    remember({ [`${name}On`]: false });
  }

  function mute(muted: boolean) {
    const source = state.microphone;
    if (source.kind !== "on" && source.kind !== "muted") return;
    source.track.enabled = !muted;
    change({ microphone: { kind: muted ? "muted" : "on", track: source.track } });
    remember({ microphoneOn: !muted });
  }

  async function share(): Promise<void> {
    if (state.screen.kind === "opening" || state.screen.kind === "on") return;
    const turn = ++turns.screen;
    change({ screen: { kind: "opening" } });
    try {
      const { video, audio } = await openScreen();
      if (closed || turn !== turns.screen) {
        video.stop();
        return audio?.stop();
      }
      // The browser's own bar has a button for this, too.
      video.onended = stopSharing;
      if (audio) audio.onended = () => change({ screenAudio: off });
      change({
        screen: { kind: "on", track: video },
        screenAudio: audio ? { kind: "on", track: audio } : off,
      });
    } catch (error) {
      if (closed || turn !== turns.screen) return;
      change({
        screen: {
          kind: "failed",
          problem: deviceProblem("screen", error, { secure: window.isSecureContext }),
        },
      });
    }
  }

  function stopSharing() {
    turns.screen++;
    letGo("screen");
    letGo("screenAudio");
    change({ screen: off, screenAudio: off });
  }

  function remember(choice: Partial<DeviceChoice>) {
    change({ choice: { ...state.choice, ...choice } });
    writeDeviceChoice(globalThis.localStorage, state.choice);
  }

  async function choose(name: DeviceName | "speaker", id: string): Promise<void> {
    remember({ [name]: id || undefined });
    if (name === "speaker") return;
    const source = state[name];
    const wasMuted = source.kind === "muted";
    if (source.kind === "off") return;
    await open(name);
    if (wasMuted) mute(true);
  }

  async function readDevices(): Promise<void> {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    if (closed) return;
    change({
      devices: {
        cameras: known(all, "videoinput"),
        microphones: known(all, "audioinput"),
        speakers: known(all, "audiooutput"),
      },
    });
  }

  /** Something was plugged in or out, or a sleeping computer woke up. */
  async function lookAgain(): Promise<void> {
    await readDevices();
    for (const name of ["camera", "microphone"] as const) {
      const source = state[name];
      const there = name === "camera" ? state.devices.cameras : state.devices.microphones;
      if ((source.kind === "on" || source.kind === "muted") && source.track.readyState === "ended")
        lose(name, source.track);
      const wanted = state.choice[name];
      const back = wanted ? there.some(({ id }) => id === wanted) : there.length > 0;
      if (state[name].kind === "lost" && back) await open(name);
    }
  }

  const onDevices = () => void lookAgain();
  const onVisible = () => document.visibilityState === "visible" && void lookAgain();
  navigator.mediaDevices?.addEventListener("devicechange", onDevices);
  document.addEventListener("visibilitychange", onVisible);
  void readDevices();

  return {
    get: () => state,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    open,
    close,
    mute,
    share,
    stopSharing,
    choose,
    /** Lets everything go; the store is of no use afterwards. */
    dispose() {
      closed = true;
      navigator.mediaDevices?.removeEventListener("devicechange", onDevices);
      document.removeEventListener("visibilitychange", onVisible);
      for (const name of ["camera", "microphone", "screen", "screenAudio"] as const) letGo(name);
      listeners.clear();
    },
  };
}

/** Without a permission a browser lists devices that have neither an id nor a name. */
function known(all: MediaDeviceInfo[], kind: MediaDeviceKind): KnownDevice[] {
  const names = { videoinput: "Camera", audioinput: "Microphone", audiooutput: "Speaker" };
  return all
    .filter((device) => device.kind === kind && device.deviceId !== "")
    .map(({ deviceId, label }, index) => ({ id: deviceId, label: label || `${names[kind]} ${index + 1}` }));
}
