import type { RemoteTrack } from "livekit-client";
import { firstPicture } from "./first-picture.ts";

/**
 * The picture that a live page shows in its own HTML as soon as it is there, whether or not React has read the page yet,
 * until the player shows it itself.
 */
export function openFirstPicture() {
  const elements = new Map<RemoteTrack, HTMLVideoElement>();
  /** Of these the player has shown a frame. */
  const seen = new WeakSet<RemoteTrack>();
  let large: RemoteTrack | null = null;
  let taken = false;
  let tell = () => {};
  /** It is seen, or there is none to wait for. */
  const pictured = new Promise<void>((resolve) => (tell = resolve));

  function add(track: RemoteTrack, place: HTMLElement) {
    const element = document.createElement("video");
    element.muted = true;
    element.playsInline = true;
    element.addEventListener("loadeddata", () => {
      if (elements.get(track) !== element) return;
      // Beside a picture that is not 16:9 nothing shines through.
      place.dataset.seen = "";
      if (track === large) endAllBut(track);
      tell();
    });
    // In its place first: a track whose element is in no page is paused by the server.
    place.append(element);
    elements.set(track, element);
    track.attach(element);
  }

  function endAllBut(kept: RemoteTrack | null) {
    for (const [track, element] of elements) {
      if (track === kept) continue;
      track.detach(element);
      if (!kept) delete element.parentElement?.dataset.seen;
      element.remove();
      elements.delete(track);
    }
  }

  function end() {
    taken = true;
    tell();
    endAllBut(null);
  }

  return {
    pictured,
    /** What is large now, or nothing. Of two that follow each other the one before stays until the other is seen. */
    show(track: RemoteTrack | null) {
      large = track;
      if (taken) return;
      if (!track) return endAllBut(null);
      if (seen.has(track)) return end();
      const there = elements.get(track);
      if (there?.isConnected) {
        if (there.readyState >= there.HAVE_CURRENT_DATA) endAllBut(track);
        return;
      }
      const place = document.querySelector<HTMLElement>(`.${firstPicture}`);
      if (place) add(track, place);
    },
    /** The player has shown a frame of this track: where that is the large one, it has the picture. */
    frameSeen(track: RemoteTrack) {
      seen.add(track);
      if (!large || track === large) end();
    },
    /** There is nothing to wait for. */
    expectNone: () => tell(),
    end,
  };
}
