import { Form } from "@remix-run/react";
import { Button } from "./button.tsx";
import { SelectField, TextField } from "./field.tsx";

type Option = { value: string; label: string };

export type GrantListForm = {
  /** What was asked for. */
  typed: { q: string; state: string; source: string };
  /** What else the address has to keep. */
  kept: [string, string][];
  choices: { states: Option[]; sources: Option[] };
  /** Whether anything was asked for. */
  narrowed: boolean;
  problems: Record<string, string[]> | undefined;
};

/** Asks for a name, a state and a way; what was asked for stays. */
export function GrantSearch({ list: { typed, kept, choices, problems } }: { list: GrantListForm }) {
  return (
    // Another question draws its fields anew: they hold what it asked for.
    <Form method="get" role="search" className="search" key={Object.values(typed).join("\n")}>
      {kept.map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <TextField
        label="Name or address"
        name="q"
        type="search"
        defaultValue={typed.q}
        error={problems?.q}
        autoComplete="off"
      />
      <SelectField label="Status" name="state" defaultValue={typed.state} error={problems?.state}>
        <option value="">Any</option>
        {choices.states.map(toOption)}
      </SelectField>
      <SelectField label="How they got it" name="source" defaultValue={typed.source} error={problems?.source}>
        <option value="">Any way</option>
        {choices.sources.map(toOption)}
      </SelectField>
      <Button>Find</Button>
    </Form>
  );
}

const toOption = ({ value, label }: Option) => (
  <option key={value} value={value}>
    {label}
  </option>
);
