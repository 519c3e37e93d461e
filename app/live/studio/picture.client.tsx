import { useEffect, useRef } from "react";

type PictureProps = { track: MediaStreamTrack; label: string; mirrored?: boolean };

/** One's own picture, as a muted video. */
export function Picture({ track, label, mirrored = false }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    element.srcObject = new MediaStream([track]);
    // A page in the background may be told to wait; it plays when it is looked at.
    element.play().catch(() => undefined);
    return () => {
      element.srcObject = null;
    };
  }, [track]);
  return (
    <video
      ref={video}
      className="own-picture"
      data-mirrored={mirrored || undefined}
      aria-label={label}
      muted
      playsInline
      autoPlay
    />
  );
}
