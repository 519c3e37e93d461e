import { type RefObject, useRef } from "react";
import { Button } from "#app/components/button.tsx";
import { Field, type FieldWords } from "#app/components/field.tsx";
import { exactClock } from "./clock.ts";

type TimeFieldProps = FieldWords & {
  name: string;
  defaultValue: string | undefined;
  /** The player whose place can be taken over. */
  video: RefObject<HTMLVideoElement>;
  /** What the button takes the place for: "Begin where the player is". */
  take: string;
};

/** A place in a recording: typed, or with scripts taken from where the player is. */
export function TimeField({ label, hint, error, name, defaultValue, video, take }: TimeFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const takeOver = () => {
    if (!input.current || !video.current) return;
    input.current.value = exactClock(video.current.currentTime * 1000);
  };
  return (
    <div className="time-field">
      <Field label={label} hint={hint} error={error} name={name}>
        {(control) => (
          <input
            {...control}
            ref={input}
            type="text"
            className="num"
            inputMode="text"
            autoComplete="off"
            spellCheck={false}
            dir="ltr"
            defaultValue={defaultValue}
            maxLength={20}
          />
        )}
      </Field>
      <Button type="button" kind="quiet" onClick={takeOver} data-needs-script="">
        {take}
      </Button>
    </div>
  );
}
