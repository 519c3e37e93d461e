import { isBrowserSupported } from "livekit-client";
import { signalGate } from "../../signal-gate.ts";
import type { Checked } from "./checked-words.ts";

const patienceMs = 4_000;

/**
 * Finds out how the picture will come, without a ticket: whether this browser speaks WebRTC as LiveKit needs it, whether it
 * may gather an address to connect from, and whether the signalling answers, which is at `signalUrl` or at our gate. What a firewall does with the media
 * themselves only joining tells; then the page takes the delayed picture by itself.
 */
export async function checkLine(signalUrl: string | null): Promise<Checked> {
  const [gathers, reached] = await Promise.all([gathersAddress(), reaches(signalUrl ?? signalGate())]);
  if (isBrowserSupported() && gathers && reached) return { way: "direct" };
  if (!playsHls()) return { way: "none" };
  return { way: "delayed", why: !isBrowserSupported() ? "browser" : !gathers ? "blocked" : "line" };
}

/** A policy or an extension that forbids WebRTC leaves it without any candidate. */
async function gathersAddress(): Promise<boolean> {
  let line: RTCPeerConnection | undefined;
  try {
    line = new RTCPeerConnection();
    const mine = line;
    const found = new Promise<boolean>((resolve) => {
      mine.onicecandidate = ({ candidate }) => resolve(Boolean(candidate?.candidate));
      setTimeout(() => resolve(false), patienceMs);
    });
    // As a viewer does it: something to receive.
    mine.addTransceiver("video", { direction: "recvonly" });
    await mine.setLocalDescription(await mine.createOffer());
    return await found;
  } catch {
    return false;
  } finally {
    line?.close();
  }
}

/** Asked without a web socket it says that it wants one (426), LiveKit itself that it wants a token: it was reached. */
async function reaches(signalUrl: string): Promise<boolean> {
  try {
    const address = `${signalUrl.replace(/^ws/, "http").replace(/\/$/, "")}/rtc/v1`;
    const { status } = await fetch(address, { signal: AbortSignal.timeout(patienceMs) });
    return status >= 400 && status < 500 && status !== 404;
  } catch {
    return false;
  }
}

function playsHls(): boolean {
  const types = 'video/mp4; codecs="avc1.42E01E,mp4a.40.2"';
  const sources = [
    window.MediaSource,
    (window as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource,
  ];
  if (sources.some((source) => source?.isTypeSupported(types))) return true;
  return document.createElement("video").canPlayType("application/vnd.apple.mpegurl") !== "";
}
