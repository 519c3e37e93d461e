import { type FieldWords, fieldId } from "./field.tsx";
import type { ReactNode } from "react";

type Option = { value: string; label: ReactNode; hint?: ReactNode; disabled?: boolean };

type ChoiceProps = FieldWords & {
  name: string;
  id?: string;
  options: Option[];
  /** Several may be chosen: boxes instead of radio buttons, each sent under the same name. */
  several?: boolean;
  defaultValue?: string | string[];
  required?: boolean;
};

/** A question with its answers in sight. */
export function Choice({
  label,
  hint,
  error,
  name,
  id = fieldId(name),
  options,
  several = false,
  defaultValue = [],
  required,
}: ChoiceProps) {
  const wrong = Array.isArray(error) ? error[0] : error;
  const chosen = [defaultValue].flat();
  const described = [wrong && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <fieldset
      className="field choice"
      id={id}
      tabIndex={-1}
      aria-describedby={described || undefined}
      data-wrong={wrong ? "" : undefined}
    >
      <legend>{label}</legend>
      {hint && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <div className="choice-options">
        {options.map((option) => (
          <label key={option.value} className="choice-option">
            <input
              type={several ? "checkbox" : "radio"}
              name={name}
              value={option.value}
              defaultChecked={chosen.includes(option.value)}
              disabled={option.disabled}
              required={required && !several}
            />
            <span>
              {option.label}
              {option.hint && <span className="small choice-hint">{option.hint}</span>}
            </span>
          </label>
        ))}
      </div>
      {wrong && (
        <p className="field-error" id={`${id}-error`}>
          {wrong}
        </p>
      )}
    </fieldset>
  );
}
