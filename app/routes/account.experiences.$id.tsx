import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { toParagraphs } from "#app/components/paragraphs.ts";
import { SafeText } from "#app/components/safe-text.tsx";
import { BillZone, StreamBill } from "#app/components/stream-bill.tsx";
import { Ticket, TicketTitle } from "#app/components/ticket.tsx";
import { When } from "#app/components/when.tsx";
import { findWatchable, listHeld } from "#app/domain/experiences/watchable.ts";
import { isId } from "#app/domain/text.ts";
import { absent } from "#app/http/absent.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { requireViewer } from "#app/http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) => pageTitle(data?.experience.name, error);

export async function loader({ params, request, context }: LoaderFunctionArgs) {
  const viewer = await requireViewer({ request, context });
  if (!isId(params.id)) throw absent();
  const of = { userId: viewer.userId, experienceId: params.id };
  // Whoever never held a pass for it learns of it on its public page only.
  const [experience] = await listHeld(context.db, of);
  if (!experience) throw absent("You hold nothing that opens this.");
  return {
    experience: { ...experience, description: toParagraphs(experience.description) },
    ...(await findWatchable(context.db, of, { upcoming: 100, past: 200 })),
    email: viewer.email,
    zone: readTimeZone(request, viewer.timeZone),
  };
}

export default function ExperienceOfViewer() {
  const { experience, live, upcoming, past, zone } = useLoaderData<typeof loader>();
  return (
    <Page>
      <PageHeader
        title={experience.name}
        above={<Breadcrumbs items={[{ to: "/account/experiences", label: "What you can watch" }]} />}
        lead={
          <Link to={`/${experience.spaceSlug}/${experience.slug}`}>
            <Bidi>{experience.spaceName}</Bidi>
          </Link>
        }
      />
      <Two label="Your ticket" aside={<Held />}>
        {experience.description.length > 0 && <SafeText paragraphs={experience.description} />}
        {live.length > 0 && (
          <section className="part">
            <h2>Live now</h2>
            <StreamBill streams={live} zone={zone} label="Live now" spotlight />
          </section>
        )}
        <section className="part">
          <h2>Coming up</h2>
          {upcoming.length === 0 ? (
            <EmptyList
              next={
                <ButtonLink to={`/${experience.spaceSlug}/${experience.slug}`}>
                  See its public page
                </ButtonLink>
              }
            >
              {experience.open
                ? "Its next streams stand here as soon as they are announced."
                : "Nothing of it is open to you at the moment."}
            </EmptyList>
          ) : (
            <StreamBill streams={upcoming} zone={zone} label="Coming up" />
          )}
        </section>
        {past.length > 0 && (
          <section className="part">
            <h2>Replays</h2>
            <StreamBill streams={past} zone={zone} label="Replays" />
          </section>
        )}
        <BillZone zone={zone} lists={[live, upcoming, past]} />
      </Two>
    </Page>
  );
}

function Held() {
  const { experience, email, live, zone } = useLoaderData<typeof loader>();
  const { status, started, banned, open, passName, passPath, passOffered, startsAt, endsAt, changedAt } =
    experience;
  const again = !open && !banned && passOffered && status === "expired";
  return (
    <Ticket
      spent={!open && !(status === "active" && !banned)}
      stub={
        <ButtonLink kind={again && live.length === 0 ? "go" : "plain"} to={passPath}>
          {again ? "Get it again" : "See the pass"}
        </ButtonLink>
      }
    >
      <p className="small">
        <Bidi>{email}</Bidi>
      </p>
      <TicketTitle level={2}>
        <Bidi>{passName}</Bidi>
      </TicketTitle>
      <p>
        {banned && "The team of this space has shut you out."}
        {!banned && status === "active" && !started && (
          <>
            From <When at={startsAt} zone={zone} />.
          </>
        )}
        {!banned &&
          open &&
          (endsAt ? (
            <>
              Until <When at={endsAt} zone={zone} />.
            </>
          ) : (
            "Without an end."
          ))}
        {!banned && status === "expired" && (
          <>
            Ran out <When at={changedAt} zone={zone} />.
          </>
        )}
        {!banned && status === "cancelled" && "Taken back by the space."}
        {!banned && status === "refunded" && "Paid back."}
      </p>
    </Ticket>
  );
}

export { FailureBoundary as ErrorBoundary };
