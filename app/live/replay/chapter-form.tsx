import { useRef } from "react";
import { TextField } from "#app/components/field.tsx";
import { OwnPlayer } from "./own-player.tsx";
import { TimeField } from "./time-field.tsx";

type ChapterFieldsProps = {
  playlist: string;
  label: string;
  lines: { at: string; title: string }[];
  problems: Record<string, string[] | undefined>;
};

/** The fields of the chapters of a recording, under it. */
export function ChapterFields({ playlist, label, lines, problems }: ChapterFieldsProps) {
  const video = useRef<HTMLVideoElement>(null);
  return (
    <>
      <OwnPlayer video={video} playlist={playlist} label={label} />
      {lines.map(({ at, title }, index) => (
        <div key={index} className="form-line" role="group" aria-label={`Chapter ${index + 1}`}>
          <TimeField
            label={`Chapter ${index + 1} begins at`}
            name={`at${index}`}
            error={problems[`at${index}`]}
            defaultValue={at}
            video={video}
            take="Begin where the player is"
          />
          <TextField
            label={`Title of chapter ${index + 1}`}
            name={`title${index}`}
            error={problems[`title${index}`]}
            defaultValue={title}
            maxLength={200}
            dir="auto"
            autoComplete="off"
          />
        </div>
      ))}
    </>
  );
}
