import { Form } from "@remix-run/react";
import { SubmitButton } from "#app/components/button.tsx";
import { Confirm } from "#app/components/confirm.tsx";

/** Asks once, then ends the stream for everybody; works without scripts too. */
export function EndStream({ studioPath }: { studioPath: string }) {
  return (
    <Confirm
      label="End stream"
      kind="live"
      question="This ends the stream for everybody. It cannot be taken up again; what was recorded becomes the replay."
    >
      <Form method="post" action={`${studioPath}/broadcast`}>
        <SubmitButton kind="live" name="_method" value="delete" pending="Ending…">
          End it for everybody
        </SubmitButton>
      </Form>
    </Confirm>
  );
}

export function StopRehearsal({ studioPath }: { studioPath: string }) {
  return (
    <Form method="post" action={`${studioPath}/rehearsal`}>
      <SubmitButton name="_method" value="delete" pending="Stopping…">
        Stop rehearsal
      </SubmitButton>
    </Form>
  );
}
