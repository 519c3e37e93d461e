import { useRef } from "react";
import { SelectField, TextField } from "#app/components/field.tsx";
import { Dates, type DatesWords } from "./dates.tsx";
import { useDates } from "./use-dates.ts";

const ways: Record<string, string> = {
  weekly: "Every week",
  fortnightly: "Every two weeks",
  monthly: "Every month, in the same place: the second Tuesday",
  monthly_last: "Every month, on the last one: the last Friday",
};

type RepeatFieldsProps = {
  /** What stands in a field at first: what was typed, or what is stored. */
  text: (name: string) => string | undefined;
  problems?: Record<string, string[]>;
  /** The dates as they were when the page was made. */
  dates: DatesWords | undefined;
  /** Where a script asks for them while somebody types, with what belongs to it: `space`, or the stream of a series. */
  ask: Record<string, string>;
  /** It can also take place once. */
  once?: boolean;
  mostTimes: number;
};

/**
 * Whether a stream comes again, how, and until when, with its dates. Those of an end are put away by the style sheet where
 * it does not. Before anybody schedules a series they see its dates: with a script at once, without when they first send
 * the form.
 */
export function RepeatFields({
  text,
  problems = {},
  dates,
  ask,
  once = false,
  mostTimes,
}: RepeatFieldsProps) {
  const part = useRef<HTMLDivElement>(null);
  const { shown, problem } = useDates(part, { dates, ask });
  return (
    <div className="stack" ref={part}>
      <SelectField
        name="repeats"
        label="Repeats"
        hint="The day above is its first. The time stays the same when clocks change."
        error={problems.repeats}
        defaultValue={text("repeats") ?? ""}
      >
        {once && <option value="">It does not</option>}
        {Object.entries(ways).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </SelectField>
      <div className="form-line" data-repeats="">
        <TextField
          name="until"
          type="date"
          label="Until"
          hint="Its last possible day."
          error={problems.until}
          defaultValue={text("until")}
        />
        <TextField
          name="times"
          label="Or how many times"
          hint={`At most ${mostTimes}, the first one among them.`}
          inputMode="numeric"
          error={problems.times}
          defaultValue={text("times")}
          autoComplete="off"
        />
      </div>
      <div data-repeats="">
        <Dates dates={shown} problem={problem} />
      </div>
      <input type="hidden" name="seen" value={shown?.seen ?? ""} />
    </div>
  );
}
