import { useRef } from "react";
import { OwnPlayer } from "./own-player.tsx";
import { TimeField } from "./time-field.tsx";

type PictureFieldProps = {
  playlist: string;
  label: string;
  defaultValue: string;
  error: string[] | undefined;
};

/** The time of the picture that stands for a recording, under it. */
export function PictureField({ playlist, label, defaultValue, error }: PictureFieldProps) {
  const video = useRef<HTMLVideoElement>(null);
  return (
    <>
      <OwnPlayer video={video} playlist={playlist} label={label} />
      <TimeField
        label="The picture at"
        name="at"
        hint="Like 1:02:03, or in seconds. It is taken at the key frame before that, two seconds away at most. Leave it empty, and we look for one that shows something."
        error={error}
        defaultValue={defaultValue}
        video={video}
        take="The picture that the player shows"
      />
    </>
  );
}
