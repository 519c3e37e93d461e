import { Form } from "@remix-run/react";
import { Button } from "./button.tsx";
import { Field, TextField } from "./field.tsx";
import { FormError } from "./form-error.tsx";

type CaptionsFormProps = {
  problems: Record<string, string[]> | undefined;
  /** What was typed. */
  language: string;
  languages: { tag: string; name: string }[];
  /** The edit whose times the file is meant to have. */
  version: number;
};

/** The form that sends a file of captions; each mistake in it is told with its line. */
export function CaptionsForm({ problems = {}, language, languages, version }: CaptionsFormProps) {
  const said = Object.entries(problems).flatMap(([name, sentences]) =>
    sentences.map((message) => ({ name, message })),
  );
  return (
    <Form method="post" encType="multipart/form-data" className="form" noValidate reloadDocument>
      <FormError problems={said} />
      {/* Before the file, so that it is known while that is still on its way. */}
      <input type="hidden" name="version" value={version} />
      <TextField
        label="Language"
        name="language"
        list="languages-of-captions"
        autoComplete="off"
        hint="Such as de, pt-BR or German. Captions that there are in it are replaced."
        error={problems.language}
        defaultValue={language}
        required
      />
      <datalist id="languages-of-captions">
        {languages.map(({ tag, name }) => (
          <option key={tag} value={tag}>
            {name}
          </option>
        ))}
      </datalist>
      <Field
        label="WebVTT file"
        name="file"
        hint="In UTF-8, at most 2 MB. Its styles are left out: who watches chooses size and background."
        error={problems.file}
      >
        {(control) => <input type="file" accept=".vtt,text/vtt" required {...control} />}
      </Field>
      <div className="row">
        <Button kind="go">Add the captions</Button>
      </div>
    </Form>
  );
}
