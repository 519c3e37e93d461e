import type { ComponentProps, ReactNode } from "react";

export type FieldWords = {
  label: ReactNode;
  /** Said before anything is wrong: a format, a limit, what it is for. */
  hint?: ReactNode;
  /** What is wrong and how to put it right, in one sentence. The first of a list counts. */
  error?: ReactNode | string[];
};

/** What an input needs so that its label, hint and error belong to it. */
export type FieldControl = {
  id: string;
  name: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
};

type FieldProps = FieldWords & {
  name: string;
  /** `field-{name}` unless a page has two fields of one name. */
  id?: string;
  children: (control: FieldControl) => ReactNode;
};

export const fieldId = (name: string) => `field-${name}`;

/** A label with its input, which `children` draws: `{(control) => <input {...control} />}`. */
export function Field({ label, name, hint, error, id = fieldId(name), children }: FieldProps) {
  const wrong = Array.isArray(error) ? error[0] : error;
  const described = [wrong && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {children({
        id,
        name,
        "aria-describedby": described || undefined,
        "aria-invalid": wrong ? true : undefined,
      })}
      {wrong && (
        <p className="field-error" id={`${id}-error`}>
          {wrong}
        </p>
      )}
    </div>
  );
}

type Named<Props> = Omit<Props, "className" | "name"> & FieldWords & { name: string };

/** One line. What was typed stays: hand it back as `defaultValue`. */
export function TextField({ label, hint, error, name, id, ...input }: Named<ComponentProps<"input">>) {
  return (
    <Field label={label} hint={hint} error={error} name={name} id={id}>
      {(control) => <input type="text" {...input} {...control} />}
    </Field>
  );
}

export function TextArea({ label, hint, error, name, id, ...input }: Named<ComponentProps<"textarea">>) {
  return (
    <Field label={label} hint={hint} error={error} name={name} id={id}>
      {(control) => <textarea rows={5} {...input} {...control} />}
    </Field>
  );
}

/** A list to choose one from; `children` are its options. */
export function SelectField({ label, hint, error, name, id, ...input }: Named<ComponentProps<"select">>) {
  return (
    <Field label={label} hint={hint} error={error} name={name} id={id}>
      {(control) => <select {...input} {...control} />}
    </Field>
  );
}
