import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { deleteRecording, graceDays } from "#app/domain/recordings/withholding.ts";
import { requireRecording } from "#app/http/recording-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Delete the recording", error);

export async function loader(args: LoaderFunctionArgs) {
  const { stream, recording, page } = await requireRecording(args, { least: "host" });
  const mayDelete = !recording.deletedAt && (recording.status === "ready" || recording.status === "failed");
  if (!mayDelete) throw redirect(page);
  return { page, title: stream.title, days: graceDays };
}

export async function action(args: ActionFunctionArgs) {
  const { viewer, recording, page } = await requireRecording(args, { least: "host" });
  const { db, log, requestId } = args.context;
  const by = { recordingId: recording.id, userId: viewer.userId };
  if (await deleteRecording(db, by))
    log.info({ event: "recording.deleted", requestId, ...by }, "a recording was deleted");
  return redirect(page, 303);
}

export default function DeleteRecording() {
  const { page, title, days } = useLoaderData<typeof loader>();
  return (
    <Narrow>
      <PageHeader
        title="Delete the recording?"
        above={<Breadcrumbs items={[{ to: page, label: title }]} />}
        lead={<Bidi>{title}</Bidi>}
      />
      <p className="measure">
        Nobody can watch it from that moment on, and who is watching is cut off. You can restore it for {days}{" "}
        days, just as it is now. After that its picture, sound, captions, chapters, cuts and the MP4 are gone
        for good; the stream’s page and its chat stay.
      </p>
      <Form method="post" className="form">
        <div className="row">
          <SubmitButton pending="Deleting it…">Delete the recording</SubmitButton>
          <ButtonLink kind="quiet" to={page}>
            Keep it as it is
          </ButtonLink>
        </div>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
