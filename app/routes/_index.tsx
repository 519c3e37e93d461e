import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { type Announced, announcedMeta } from "#app/components/announced.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { Seats } from "#app/components/seats.tsx";
import { type BilledStream, BillZone, StreamBill } from "#app/components/stream-bill.tsx";
import { Ticket, TicketTitle } from "#app/components/ticket.tsx";
import { structuredSite } from "#app/domain/announcing/structured.ts";
import { findWatchable } from "#app/domain/experiences/watchable.ts";
import { findOnSoon } from "#app/domain/spaces/programme.ts";
import { listTeams } from "#app/domain/teams/members.ts";
import { announce } from "#app/http/announced.ts";
import { readTimeZone } from "#app/http/cookies.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  announcedMeta(undefined, data?.announced, error);

export const handle = { structured: ({ announced }: { announced: Announced }) => announced.structured };

const lead =
  "Schedule a stream, go live from your browser, and play to the people who hold your pass. When it is over, the replay is there. When a pass ends, so does the picture.";

export async function loader({ request, context }: LoaderFunctionArgs) {
  const viewer = await context.viewer();
  const announced = announce(context.config, {
    path: "/",
    title: "A small theatre for your streams",
    description: [lead],
    structured: structuredSite(context.config.publicUrl),
  });
  const zone = readTimeZone(request, viewer?.timeZone);
  if (!viewer) return { signedIn: null, soon: await findOnSoon(context.db, { most: 6 }), announced, zone };
  const [watchable, teams] = await Promise.all([
    findWatchable(context.db, { userId: viewer.userId }, { upcoming: 6, past: 3 }),
    listTeams(context.db, viewer.userId),
  ]);
  const signedIn = { ...watchable, name: viewer.name, hosts: teams.length > 0 };
  return { signedIn, soon: null, announced, zone };
}

export default function Front() {
  const { signedIn, soon, zone } = useLoaderData<typeof loader>();
  return signedIn ? <ForSomebody {...signedIn} zone={zone} /> : <ForNobody soon={soon ?? []} zone={zone} />;
}

type Signed = NonNullable<Awaited<ReturnType<typeof useLoaderData<typeof loader>>>["signedIn"]>;

function ForSomebody({ live, upcoming, past, hosts, zone }: Signed & { zone: string | null }) {
  const nothing = live.length + upcoming.length + past.length === 0;
  return (
    <Page>
      <PageHeader
        title={live.length > 0 ? "It is on" : upcoming.length > 0 ? "Next for you" : "What will you watch?"}
      />
      <Two
        label="More"
        aside={
          <>
            <section className="part">
              <h2>Your passes</h2>
              <p>What you hold, and what has run out.</p>
              <ButtonLink to="/account/grants">See your passes</ButtonLink>
            </section>
            <section className="part">
              <h2>{hosts ? "Your streams" : "Host"}</h2>
              <p>
                {hosts
                  ? "Schedule, rehearse and go live."
                  : "Have something to show? A space of your own takes five minutes."}
              </p>
              <ButtonLink to={hosts ? "/account/streams" : "/account/space/new"}>
                {hosts ? "To your streams" : "Start a space"}
              </ButtonLink>
            </section>
          </>
        }
      >
        {live.length > 0 && (
          <section className="part">
            <h2>Live now</h2>
            <StreamBill streams={live} zone={zone} label="Live now" with="space" spotlight />
          </section>
        )}
        {upcoming.length > 0 && (
          <section className="part">
            <h2>Coming up</h2>
            <StreamBill streams={upcoming} zone={zone} label="Coming up" with="space" />
          </section>
        )}
        {past.length > 0 && (
          <section className="part">
            <h2>Replays</h2>
            <StreamBill streams={past} zone={zone} label="Replays" with="space" />
          </section>
        )}
        {nothing && (
          <EmptyList
            next={
              <ButtonLink kind="go" to="/explore">
                See what is on
              </ButtonLink>
            }
          >
            What your passes open stands here: live streams first, then what comes up, then replays.
          </EmptyList>
        )}
        <BillZone zone={zone} lists={[live, upcoming, past]} />
      </Two>
    </Page>
  );
}

function ForNobody({ soon, zone }: { soon: BilledStream[]; zone: string | null }) {
  return (
    <div className="poster-page">
      <Page>
        <PageHeader
          title="A small theatre for your streams"
          lead={lead}
          actions={
            <>
              <ButtonLink kind="go" to="/account/space/new">
                Start a space
              </ButtonLink>
              <ButtonLink to="/explore">See what is on</ButtonLink>
            </>
          }
        />
        <Two
          label="For the audience"
          aside={
            <section className="part">
              <h2>For the audience</h2>
              <Ticket stub={<ButtonLink to="/sign-in">Sign in</ButtonLink>}>
                <TicketTitle level={3}>Have a pass?</TicketTitle>
                <p>Sign in with the address it was given to. There is no password: we send you a code.</p>
              </Ticket>
            </section>
          }
        >
          {soon.length > 0 && (
            <section className="part">
              <h2>What is on</h2>
              <StreamBill streams={soon} zone={zone} label="What is on" with="space" />
              <BillZone zone={zone} lists={[soon]} />
            </section>
          )}
          <section className="part">
            <h2>For hosts</h2>
            <ol>
              <li>Start a space, and make the pass that opens it.</li>
              <li>Schedule a stream. Its page has one address, from the announcement to the replay.</li>
              <li>Go live with camera and screen. Nothing to install.</li>
              <li>End it. The recording is ready within seconds, and yours to download.</li>
            </ol>
          </section>
          <Seats
            count={61}
            capacity={120}
            words="A full front row is worth more than a crowd that scrolls by."
          />
        </Two>
      </Page>
    </div>
  );
}

export { FailureBoundary as ErrorBoundary };
