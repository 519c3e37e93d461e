import { type ChangeEvent, type FormEvent, useState } from "react";
import { Form } from "@remix-run/react";
import { Button } from "./button.tsx";
import { Field, TextField } from "./field.tsx";
import { FormError } from "./form-error.tsx";

type ImportFileProps = {
  problems: Record<string, string[]> | undefined;
  timeZone: string;
  zones: string[];
  mostBytes: number;
  /** The sentence about a larger file. */
  tooLarge: string;
};

/** The form that sends a file of people, with a document's own post: the browser shows how far it is. */
export function ImportFile({ problems = {}, timeZone, zones, mostBytes, tooLarge }: ImportFileProps) {
  const [over, setOver] = useState(false);
  const onChange = ({ target }: ChangeEvent<HTMLInputElement>) =>
    setOver((target.files?.[0]?.size ?? 0) > mostBytes);
  // With a script nobody has to wait for the server to hear it.
  const onSubmit = (event: FormEvent) => {
    if (over) event.preventDefault();
  };
  const said = Object.entries(over ? { file: [tooLarge] } : problems).flatMap(([name, [message]]) =>
    message ? [{ name, message }] : [],
  );
  return (
    <Form
      method="post"
      encType="multipart/form-data"
      className="form"
      noValidate
      reloadDocument
      onSubmit={onSubmit}
    >
      <FormError problems={said} />
      <Field
        label="CSV file"
        name="file"
        hint="At most 20 MB and 100,000 people, in any common encoding, separated by commas, semicolons, tabs or bars."
        error={over ? tooLarge : problems.file}
      >
        {(control) => (
          <input
            type="file"
            accept=".csv,.txt,.tsv,text/csv,text/plain,text/tab-separated-values"
            required
            onChange={onChange}
            {...control}
          />
        )}
      </Field>
      <TextField
        label="Time zone of the days in it"
        name="timeZone"
        list="zones-of-a-file"
        autoComplete="off"
        hint="Such as Europe/Berlin. Only asked where the file says until when."
        error={problems.timeZone}
        defaultValue={timeZone}
      />
      <datalist id="zones-of-a-file">
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <div className="row">
        <Button kind="go">Read the file</Button>
      </div>
    </Form>
  );
}
