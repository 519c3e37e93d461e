import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { CopyLink } from "#app/components/copy-link.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Seats } from "#app/components/seats.tsx";
import { Table } from "#app/components/table.tsx";
import { When } from "#app/components/when.tsx";
import { findComing } from "#app/domain/coming/coming.ts";
import { listComing } from "#app/domain/coming/people.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { readCursor, writeCursor } from "#app/http/cursor.ts";
import { requireStreamOfTeam } from "#app/http/stream-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Who is coming", error);

const perPage = 50;

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, stream } = await requireStreamOfTeam(args, { least: "host" });
  const { db, config } = args.context;
  const { id, title, slug, spaceId, spaceSlug, experienceSlug } = stream;
  const cursor = readCursor(args.request);
  const after = cursor?.at === undefined ? undefined : { id: cursor.id, at: cursor.at };
  const [{ count }, people] = await Promise.all([
    findComing(db, { streamId: id, userId: null }),
    listComing(db, { spaceId, streamId: id, after, most: perPage + 1 }),
  ]);
  const last = people[perPage - 1];
  return {
    id,
    title,
    count,
    people: people.slice(0, perPage).map(({ id, name, email, opened, since }) => ({
      ...{ id, name, email, opened },
      since: since.toISOString(),
    })),
    older: people.length > perPage && last ? writeCursor(last) : null,
    first: after === undefined,
    url: `${config.publicUrl}/${spaceSlug}/${experienceSlug}/streams/${slug}`,
    zone: readTimeZone(args.request, viewer.timeZone),
  };
}

export default function WhoIsComing() {
  const { id, title, count, people, older, first, url, zone } = useLoaderData<typeof loader>();
  const here = `/account/streams/${id}/coming`;
  return (
    <Page>
      <PageHeader
        title="Who is coming"
        above={<Breadcrumbs items={[{ to: `/account/streams/${id}`, label: title }]} />}
        lead="People who pressed “I'm coming” on the stream's page. They need no pass for that."
      />
      {count === 0 ? (
        <EmptyList next={<CopyLink url={url} label="Link for your audience" />}>
          People stand here as soon as they say so on the stream's page.
        </EmptyList>
      ) : (
        <>
          <Seats
            count={count}
            words={count === 1 ? "1 person is coming" : `${count.toLocaleString("en-GB")} people are coming`}
          />
          <Table caption="People who are coming" hideCaption>
            <thead>
              <tr>
                <th scope="col">Person</th>
                <th scope="col">Pass</th>
                <th scope="col">Said so</th>
              </tr>
            </thead>
            <tbody>
              {people.map(({ id, name, email, opened, since }) => (
                <tr key={id}>
                  <th scope="row">
                    {(email ?? name) ? <Bidi>{email ?? name}</Bidi> : "Somebody without a name"}
                    {email && name && (
                      <span className="small line-below">
                        <Bidi>{name}</Bidi>
                      </span>
                    )}
                  </th>
                  <td>{opened ? "Opens it to them" : "None yet"}</td>
                  <td className="nowrap">
                    <When at={since} zone={zone} />
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
          <p className="small">Addresses stand here of those who hold or held one of your passes.</p>
        </>
      )}
      {(older || !first) && (
        <nav className="row" aria-label="Pages of people">
          {!first && <ButtonLink to={here}>Back to the newest</ButtonLink>}
          {older && <ButtonLink to={`?after=${older}`}>Older</ButtonLink>}
        </nav>
      )}
    </Page>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
