import { Choice } from "./choice.tsx";
import { TextField } from "./field.tsx";

type EndFieldsProps = {
  /** What stands in a field: what was typed, or what is. */
  value: (name: string) => string | undefined;
  problems: Record<string, string[]> | undefined;
  zones: string[];
  /** What is meant by no end. */
  none?: string;
};

/** The fields of an end; those of the day are put away by the style sheet where it has none. */
export function EndFields({ value, problems = {}, zones, none = "Until you take it back." }: EndFieldsProps) {
  return (
    <>
      <Choice
        label="Until when"
        name="end"
        defaultValue={value("end") ?? "date"}
        error={problems.end}
        options={[
          { value: "date", label: "Until a date" },
          { value: "none", label: "Without an end", hint: none },
        ]}
      />
      <div className="form-line" data-end="date">
        <TextField
          label="Last day"
          name="date"
          type="date"
          hint="It is good on this day, too."
          error={problems.date}
          defaultValue={value("date")}
        />
        <TextField
          label="At"
          name="time"
          type="time"
          hint="Empty means the end of that day."
          error={problems.time}
          defaultValue={value("time")}
        />
      </div>
      <div data-end="date">
        <TextField
          label="Time zone of that date"
          name="timeZone"
          list="zones-of-an-end"
          autoComplete="off"
          hint="Such as Europe/Berlin."
          error={problems.timeZone}
          defaultValue={value("timeZone")}
        />
        <datalist id="zones-of-an-end">
          {zones.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </div>
    </>
  );
}
