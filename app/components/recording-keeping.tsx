import { Form } from "@remix-run/react";
import { SubmitButton } from "./button.tsx";

type RecordingKeepingProps = {
  /** The recording's page. */
  page: string;
  /** The rule of its space is not for it. */
  kept: boolean;
};

/** Keeps a recording that the rule of its space would delete, with one press, or leaves it to the rule again. */
export function RecordingKeeping({ page, kept }: RecordingKeepingProps) {
  const action = `${page}/keeping`;
  return (
    <Form method="post" action={action} id="keeping">
      <input type="hidden" name="kept" value={kept ? "no" : "yes"} />
      <SubmitButton
        kind={kept ? "quiet" : "go"}
        formAction={action}
        pending={kept ? "Leaving it to the rule…" : "Keeping it…"}
      >
        {kept ? "Leave it to the rule of the space again" : "Keep it, whatever the rule says"}
      </SubmitButton>
    </Form>
  );
}
