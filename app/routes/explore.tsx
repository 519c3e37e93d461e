import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { announcedMeta } from "#app/components/announced.tsx";
import { Bidi } from "#app/components/bidi.tsx";
import { BillItem, BillList } from "#app/components/bill.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { otherClock } from "#app/components/stream-bill.tsx";
import { Tag } from "#app/components/tag.tsx";
import { ZoneNote } from "#app/components/when.tsx";
import { listExplored } from "#app/domain/spaces/programme.ts";
import { announce } from "#app/http/announced.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { readPage } from "#app/http/page-number.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  announcedMeta("What is on", data?.announced, error);

const lead = "Spaces that are live, or have something coming up.";

const perPage = 30;

export async function loader({ request, context }: LoaderFunctionArgs) {
  const viewer = await context.viewer();
  const page = readPage(request);
  const found = await listExplored(context.db, { limit: perPage + 1, offset: (page - 1) * perPage });
  const spaces = found.slice(0, perPage).map(({ description, ...space }) => ({
    ...space,
    description: description.split("\n")[0]!.slice(0, 200),
  }));
  const announced = announce(context.config, {
    path: page > 1 ? `/explore?page=${page}` : "/explore",
    title: "What is on",
    description: [lead],
  });
  const more = found.length > perPage;
  return { spaces, page, more, announced, zone: readTimeZone(request, viewer?.timeZone) };
}

export default function Explore() {
  const { spaces, page, more, zone } = useLoaderData<typeof loader>();
  return (
    <Page>
      <PageHeader title="What is on" lead={lead} />
      {spaces.length === 0 ? (
        <EmptyList
          next={
            <ButtonLink kind="go" to="/account/space/new">
              Start a space
            </ButtonLink>
          }
        >
          Spaces stand here as soon as they announce a stream. Be the first.
        </EmptyList>
      ) : (
        <section className="part">
          <h2 className="visually-hidden">Spaces</h2>
          <BillList label="Spaces">
            {spaces.map((space) => (
              <BillItem
                key={space.id}
                at={space.startsAt}
                zone={zone}
                streamZone={space.timeZone}
                title={space.name}
                to={`/${space.slug}`}
                meta={
                  <>
                    {space.live > 0 && <Tag kind="live">Live now</Tag>}
                    <Link to={space.streamPath}>
                      <Bidi>{space.streamTitle}</Bidi>
                    </Link>
                    {!zone && <span className="num">{otherClock(space.startsAt, zone, space.timeZone)}</span>}
                  </>
                }
                about={space.description || undefined}
              />
            ))}
          </BillList>
          {zone && <ZoneNote zone={zone} />}
        </section>
      )}
      <p className="row">
        {page > 1 && <ButtonLink to={`/explore?page=${page - 1}`}>Sooner</ButtonLink>}
        {more && <ButtonLink to={`/explore?page=${page + 1}`}>Later</ButtonLink>}
      </p>
    </Page>
  );
}

export { FailureBoundary as ErrorBoundary };
