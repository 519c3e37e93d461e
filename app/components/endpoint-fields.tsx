import { Choice } from "./choice.tsx";
import { TextField } from "./field.tsx";

type EndpointFieldsProps = {
  /** What a space can be told of. */
  choices: { value: string; label: string; hint: string }[];
  url: string | undefined;
  events: string[] | undefined;
  problems: Record<string, string[]> | undefined;
};

/** Where webhooks go, and which: the fields of a new endpoint and of one that is changed. */
export function EndpointFields({ choices, url, events, problems }: EndpointFieldsProps) {
  return (
    <>
      <TextField
        label="Address"
        name="url"
        type="url"
        hint="Where we send to, such as https://example.com/webhooks. It has to be on the public internet."
        error={problems?.url}
        defaultValue={url}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        dir="ltr"
        required
      />
      <Choice
        label="What it is told of"
        name="events"
        several
        options={choices}
        error={problems?.events}
        defaultValue={events}
      />
    </>
  );
}
