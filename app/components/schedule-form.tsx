import { Form, Link } from "@remix-run/react";
import { type ReactNode, useEffect, useRef } from "react";
import { chatBeforeWords } from "./chat-hours.ts";
import { SubmitButton } from "./button.tsx";
import { Choice } from "./choice.tsx";
import { Field, SelectField, TextArea, TextField } from "./field.tsx";

type Choices = { sentence: string; choices: { value: string; label: string }[] };

type ScheduleFormProps = {
  /** What stands in a field at first: what was typed, or what is stored. */
  text: (name: string) => string | undefined;
  problems?: Record<string, string[]>;
  /** A time that does not exist, or comes twice, on its day. */
  question?: Choices;
  zones: { region: string; zones: string[] }[];
  /** Below the title. */
  titleHint?: string;
  /** Between the description and the day: the experience. */
  experience: ReactNode;
  /** Below the day: whether it comes again, and when. */
  repeat?: ReactNode;
  /** What the form carries unseen. */
  hidden: Record<string, string>;
  submit: { label: string; pending: string };
  /** Where "Back" leads. */
  back: { to: string; label: string };
};

/** What a stream is called, what it is about, and when: to schedule one, and to change it. */
export function ScheduleForm(props: ScheduleFormProps) {
  const { text, problems = {}, question, zones, titleHint, experience, repeat, hidden, submit, back } = props;
  return (
    <Form method="post" className="form" noValidate>
      {Object.entries(hidden).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <TextField
        name="title"
        label="Title"
        hint={titleHint}
        error={problems.title}
        defaultValue={text("title")}
        autoComplete="off"
        required
      />
      <TextArea
        name="description"
        label="What it is about"
        hint="Plain text. Addresses of web pages become links."
        error={problems.description}
        defaultValue={text("description")}
      />
      {experience}
      <div className="form-line schedule-when">
        <TextField
          name="day"
          type="date"
          label="Day"
          error={problems.day}
          defaultValue={text("day")}
          required
        />
        <TextField
          name="time"
          type="time"
          label="Time"
          error={problems.time}
          defaultValue={text("time")}
          required
        />
        <ZoneField zones={zones} error={problems.zone} defaultValue={text("zone")} />
      </div>
      {question && (
        <Choice
          // Another question is another group of buttons, with none of the old answers.
          key={question.choices[0]?.value}
          name="choice"
          label="Which time do you mean?"
          hint={problems.choice ? undefined : question.sentence}
          error={problems.choice}
          options={question.choices}
          defaultValue={text("choice")}
        />
      )}
      {repeat}
      <TextField
        name="length"
        label="Expected length"
        hint="For example 1 h 30 min, or 45 min. It may run longer."
        error={problems.length}
        defaultValue={text("length")}
        list="usual-lengths"
        autoComplete="off"
        required
      />
      <datalist id="usual-lengths">
        {["30 min", "45 min", "1 h", "1 h 30 min", "2 h", "3 h"].map((length) => (
          <option key={length} value={length} />
        ))}
      </datalist>
      <div className="form-line">
        <SelectField
          name="chatBefore"
          label="Chat before the start"
          error={problems.chatBefore}
          defaultValue={text("chatBefore")}
        >
          {Object.entries(chatBeforeWords).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </SelectField>
        <TextField
          name="chatAfter"
          label="Chat after the end, in minutes"
          hint="Then everybody can only read it."
          inputMode="numeric"
          error={problems.chatAfter}
          defaultValue={text("chatAfter")}
          autoComplete="off"
        />
      </div>
      <div className="row">
        <SubmitButton kind="go" pending={submit.pending}>
          {submit.label}
        </SubmitButton>
        <Link to={back.to}>{back.label}</Link>
      </div>
    </Form>
  );
}

type ZoneFieldProps = Pick<ScheduleFormProps, "zones"> & { error?: string[]; defaultValue?: string };

/** Every zone there is; the browser's is chosen by a script where the server did not know one. */
function ZoneField({ zones, error, defaultValue }: ZoneFieldProps) {
  const select = useRef<HTMLSelectElement>(null);
  useEffect(() => {
    if (select.current && select.current.value === "") chooseOwnZone(select.current);
  }, []);
  const isListed = zones.some((region) => region.zones.includes(defaultValue ?? ""));
  return (
    <Field label="Time zone" name="zone" error={error}>
      {(control) => (
        <select {...control} ref={select} defaultValue={isListed ? defaultValue : ""} required>
          <option value="">Choose…</option>
          {zones.map(({ region, zones: names }) => (
            <optgroup key={region} label={region}>
              {names.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </optgroup>
          ))}
        </select>
      )}
    </Field>
  );
}

function chooseOwnZone(select: HTMLSelectElement) {
  const nameOf = (timeZone?: string) =>
    new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
  const own = nameOf();
  const options = [...select.options].filter(({ value }) => value !== "");
  // The browser may call it by another of its names than we do ("Asia/Calcutta").
  const found =
    options.find(({ value }) => value === own) ?? options.find(({ value }) => isCalled(value, own));
  if (found) select.value = found.value;

  function isCalled(name: string, wanted: string) {
    try {
      return nameOf(name) === wanted;
    } catch {
      return false;
    }
  }
}
