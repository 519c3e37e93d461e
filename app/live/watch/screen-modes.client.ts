import { type RefObject, useEffect, useState } from "react";

/** iPhones show only the video itself in full screen, by a call of their own. */
type PhoneVideo = HTMLVideoElement & { webkitEnterFullscreen?: () => void };

export type Mode = { possible: boolean; on: boolean; toggle: () => void };

/** Full screen of the stage, or of the large picture where a browser does not show anything else. */
export function useFullScreen(frame: RefObject<HTMLElement>, large: RefObject<HTMLVideoElement>): Mode {
  const [on, setOn] = useState(false);
  const [possible, setPossible] = useState(false);
  useEffect(() => {
    setPossible(document.fullscreenEnabled || "webkitEnterFullscreen" in HTMLVideoElement.prototype);
    const look = () =>
      setOn(document.fullscreenElement !== null && document.fullscreenElement === frame.current);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, [frame]);

  function toggle() {
    if (on) return void document.exitFullscreen();
    if (document.fullscreenEnabled) return void frame.current?.requestFullscreen().catch(() => {});
    (large.current as PhoneVideo | null)?.webkitEnterFullscreen?.();
  }
  return { possible, on, toggle };
}

/** The large picture in a window of its own. `shown` is what it shows: another track is another element. */
export function usePictureInPicture(large: RefObject<HTMLVideoElement>, shown: unknown): Mode {
  const [on, setOn] = useState(false);
  const [possible, setPossible] = useState(false);
  useEffect(() => {
    const video = large.current;
    setPossible(document.pictureInPictureEnabled && video !== null);
    setOn(document.pictureInPictureElement === video && video !== null);
    if (!video) return;
    const look = () => setOn(document.pictureInPictureElement === video);
    video.addEventListener("enterpictureinpicture", look);
    video.addEventListener("leavepictureinpicture", look);
    return () => {
      video.removeEventListener("enterpictureinpicture", look);
      video.removeEventListener("leavepictureinpicture", look);
    };
  }, [large, shown]);

  function toggle() {
    if (on) return void document.exitPictureInPicture();
    // Refused while the first frame is not there yet; the button can be pressed again.
    large.current?.requestPictureInPicture().catch(() => {});
  }
  return { possible, on, toggle };
}
