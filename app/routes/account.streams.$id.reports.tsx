import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { Button, ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { When } from "#app/components/when.tsx";
import { listReports } from "#app/domain/moderation/reports.ts";
import { streamPath } from "#app/domain/streams/find.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { requireStreamOfTeam } from "#app/http/stream-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Reports", error);

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, stream } = await requireStreamOfTeam(args);
  const reports = await listReports(args.context.db, stream.id);
  return {
    id: stream.id,
    title: stream.title,
    chat: `${streamPath(stream)}/chat`,
    reports: reports.map(({ saidAt, ...report }) => ({ ...report, saidAt: saidAt.toISOString() })),
    zone: readTimeZone(args.request, viewer.timeZone),
  };
}

/** The short queue of what viewers have reported; each is settled by deleting the message, or by leaving it. */
export default function Reports() {
  const { id, title, reports } = useLoaderData<typeof loader>();
  const studio = `/account/streams/${id}`;
  return (
    <Page>
      <PageHeader
        title="Reports"
        above={<Breadcrumbs items={[{ to: studio, label: title }]} />}
        lead="Messages that viewers have reported, the oldest first."
        actions={<ButtonLink to={`${studio}/moderation`}>What was done</ButtonLink>}
      />
      {reports.length === 0 ? (
        <EmptyList next={<ButtonLink to={studio}>Back to the studio</ButtonLink>}>
          No message waits for a look. What viewers report stands here.
        </EmptyList>
      ) : (
        <ol className="reports" aria-label="Reported messages">
          {reports.map((report) => (
            <li key={report.messageId}>
              <Report report={report} />
            </li>
          ))}
        </ol>
      )}
    </Page>
  );
}

type ReportProps = { report: ReturnType<typeof useLoaderData<typeof loader>>["reports"][number] };

function Report({ report }: ReportProps) {
  const { id, chat, zone } = useLoaderData<typeof loader>();
  const { messageId, author, text, saidAt, reports, count } = report;
  const message = `${chat}/messages/${messageId}`;
  const back = `/account/streams/${id}/reports`;
  const head = `report-${messageId}`;
  return (
    <article className="report stack" aria-labelledby={head}>
      <h2 id={head}>
        <Bidi>{author.name}</Bidi>
      </h2>
      <p className="small">
        <When at={saidAt} zone={zone} />
      </p>
      <blockquote dir="auto">
        <Bidi>{text}</Bidi>
      </blockquote>
      <ul className="small" aria-label={count === 1 ? "1 report" : `${count} reports`}>
        {reports.map(({ name, reason, at }) => (
          <li key={name + at}>
            <Bidi>{name}</Bidi>: {reason ? <Bidi>{reason}</Bidi> : "no reason given"}
          </li>
        ))}
        {count > reports.length && <li>and {count - reports.length} more</li>}
      </ul>
      <div className="row">
        <form method="post" action={`${message}/removal`}>
          <input type="hidden" name="back" value={back} />
          <Button aria-describedby={head}>Delete the message</Button>
        </form>
        <form method="post" action={`${message}/dismissal`}>
          <input type="hidden" name="back" value={back} />
          <Button aria-describedby={head}>Leave it</Button>
        </form>
        <a href={message}>Reply, time out or ban</a>
      </div>
    </article>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
