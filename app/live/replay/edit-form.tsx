import { useRef } from "react";
import { OwnPlayer } from "./own-player.tsx";
import { TimeField } from "./time-field.tsx";

type Sentences = Record<string, string[] | undefined>;

type EditFieldsProps = {
  playlist: string;
  label: string;
  /** The texts of the fields as they are saved, or as they were typed. */
  start: string;
  end: string;
  cuts: { from: string; to: string }[];
  problems: Sentences;
};

/** The fields of an edit under the recording as it was recorded. Their times are of that, whatever was cut before. */
export function EditFields({ playlist, label, start, end, cuts, problems }: EditFieldsProps) {
  const video = useRef<HTMLVideoElement>(null);
  return (
    <>
      <OwnPlayer video={video} playlist={playlist} label={label} />
      <div className="form-line">
        <TimeField
          label="Begins at"
          name="start"
          error={problems.start}
          defaultValue={start}
          video={video}
          take="Begin where the player is"
        />
        <TimeField
          label="Ends at"
          name="end"
          error={problems.end}
          defaultValue={end}
          video={video}
          take="End where the player is"
        />
      </div>
      <fieldset className="stack">
        <legend>
          <h2>Cut out</h2>
        </legend>
        <p className="field-hint">What lies between two times is left out. Empty lines do nothing.</p>
        {cuts.map(({ from, to }, index) => (
          <div key={index} className="form-line" role="group" aria-label={`Cut ${index + 1}`}>
            <TimeField
              label={`Cut ${index + 1} from`}
              name={`from${index}`}
              error={problems[`from${index}`]}
              defaultValue={from}
              video={video}
              take="From where the player is"
            />
            <TimeField
              label={`Cut ${index + 1} to`}
              name={`to${index}`}
              error={problems[`to${index}`]}
              defaultValue={to}
              video={video}
              take="To where the player is"
            />
          </div>
        ))}
      </fieldset>
    </>
  );
}
