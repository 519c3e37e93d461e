import { Form } from "@remix-run/react";
import { Bidi } from "./bidi.tsx";
import { SubmitButton } from "./button.tsx";
import { Notice } from "./notice.tsx";
import { When } from "./when.tsx";

type RecordingDeletedProps = {
  /** The recording's page. */
  page: string;
  /** By whom (null: by the rule of its space), and until when it can be restored (null: not any more); ISO. */
  deleted: { at: string; by: string | null; until: string | null };
  mayRestore: boolean;
  zone: string | null;
  streamZone: string;
};

/** Says of a deleted recording who deleted it, and gives it back while that is possible. */
export function RecordingDeleted({ page, deleted, mayRestore, zone, streamZone }: RecordingDeletedProps) {
  const { at, by, until } = deleted;
  return (
    <Notice title="This recording was deleted">
      <p>
        <When at={at} zone={zone} streamZone={streamZone} />,{" "}
        {by ? (
          <>
            by <Bidi>{by}</Bidi>
          </>
        ) : (
          "by the rule of your space for how long recordings are kept"
        )}
        .
      </p>
      {until ? (
        <>
          <p>
            Nobody can watch it. Until <When at={until} zone={zone} streamZone={streamZone} /> it can be
            restored; then it is gone for good.
          </p>
          {mayRestore && (
            <Form method="post" action={`${page}/restoration`}>
              <SubmitButton kind="go" formAction={`${page}/restoration`} pending="Restoring it…">
                Restore it
              </SubmitButton>
            </Form>
          )}
        </>
      ) : (
        <p>It is gone for good.</p>
      )}
    </Notice>
  );
}
