import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { Page } from "#app/components/layouts.tsx";
import { ModerationLog } from "#app/components/moderation-log.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { readLogPage } from "#app/http/moderation-log.ts";
import { requireStreamOfTeam } from "#app/http/stream-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Moderation", error);

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, stream } = await requireStreamOfTeam(args);
  const { id, title, spaceId, role } = stream;
  return {
    log: await readLogPage(args.context.db, args.request, { spaceId, streamId: id, role }),
    id,
    title,
    zone: readTimeZone(args.request, viewer.timeZone),
  };
}

export default function StreamLog() {
  const { log, id, title, zone } = useLoaderData<typeof loader>();
  const studio = `/account/streams/${id}`;
  return (
    <Page>
      <PageHeader
        title="Moderation"
        above={<Breadcrumbs items={[{ to: studio, label: title }]} />}
        lead="Who did what to whom, when and why, in this stream."
        actions={<ButtonLink to={`${studio}/reports`}>Reports</ButtonLink>}
      />
      <ModerationLog
        {...{ log, zone }}
        path={`${studio}/moderation`}
        file={`${studio}/moderation.csv`}
        streams={false}
      />
    </Page>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
